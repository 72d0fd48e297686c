#include "data/survey.h"
#include "data/surveys/boss.h"
#include "data/surveys/cutouts.h"
#include "data/surveys/deep2_hst.h"
#include "data/surveys/desi.h"
#include "data/surveys/eros.h"
#include "data/surveys/gaia_xp.h"
#include "data/surveys/hsc_sim_blends.h"
#include "data/surveys/legacy_galaxy_zoo.h"
#include "data/surveys/manga.h"
#include "data/surveys/mapped_table.h"
#include "data/surveys/mmu.h"
#include "data/surveys/mmu_light_curves.h"
#include "data/surveys/mmu_manga.h"
#include "data/surveys/muse.h"
#include "data/surveys/pictures.h"
#include "data/surveys/sdss_stars.h"
#include "data/surveys/supernovae.h"
#include "data/surveys/zcosmos.h"
#include "data/surveys/ztf.h"

namespace asterism::data {

std::span<const Survey> surveys() {
  static const Survey table[] = {
      {"boss", "SDSS, BOSS and eBOSS spectra with photometry, redshift and class",
       "spec-*.fits files, or folders of them", open_boss},
      {"sdss_stars", "SDSS stars: stamps in u g r i z and the spectrum of the same star",
       "a folder with pairs.csv, stamps/ and spectra/", open_sdss_stars},
      {"zcosmos", "zCOSMOS-bright redshifts with twelve bands of COSMOS photometry",
       "zcosmost_bright20k.csv, or its folder", open_zcosmos},
      {"legacy_galaxy_zoo", "colour pictures of Legacy Survey galaxies with Galaxy Zoo votes",
       "a folder with labels.csv and images/", open_legacy_galaxy_zoo, true},
      {"pictures", "colour pictures (JPEG, PNG) with a table of labels", "a CSV table, or a folder with labels.csv",
       open_pictures, true},
      {"desi", "DESI coadded spectra with redshifts of redrock", "coadd-*.fits files, or folders of them", open_desi},
      {"legacy_cutouts", "Legacy Survey cutouts as its viewer gives them", "FITS files, or folders of them",
       open_legacy_cutouts},
      {"hsc_cutouts", "Hyper Suprime-Cam cutouts, one file a band", "*-HSC-G*.fits and the other bands, or folders",
       open_hsc_cutouts},
      {"hsc_sim_blends", "simulated Hyper Suprime-Cam blends with the truth of matched sources",
       "*.npz, or their folder", open_hsc_sim_blends},
      {"deep2_hst", "Hubble ACS cutouts and DEIMOS spectra of galaxies in the Groth strip",
       "a folder with pairs.csv, cutouts/ and spec1D/", open_deep2_hst},
      {"manga", "MaNGA cubes, or files of single MaNGA spectra", "*-LOGCUBE.fits or files of spectra, or folders",
       open_manga},
      {"mmu", "tables of the Multimodal Universe: v1.5 Parquet or HATS, v1 HDF5; their defects are undone",
       "Parquet or HDF5 files, or folders of them, of one survey", open_mmu},
      {"mmu_manga", "MaNGA of the Multimodal Universe (v1): cubes, images and maps", "HDF5 files, or folders of them",
       open_mmu_manga},
      {"muse", "MUSE cubes and images, with field maps and segmentation maps", "MPDAF files, or folders of them",
       open_muse},
      {"gaia_xp", "Gaia DR3 BP/RP spectra as coefficients with errors",
       "XP_CONTINUOUS*.csv or .ecsv, or folders of them", open_gaia_xp},
      {"eros", "EROS-1 light curves of variable stars in two bands",
       "the folder of train.csv and train_varlength_features.csv.gz", open_eros},
      {"supernovae", "Open Supernova Catalog: light curves, spectra, types and redshifts",
       "the folder of objects.csv, photometry.csv.gz, spectra_index.csv and spectra.npz", open_supernovae},
      {"ztf", "ZTF alerts: stamps, difference-flux light curves and catalogue numbers",
       "*.avro, or *.jsonl[.gz] with a folder cutouts/ beside them, or folders of them", open_ztf},
      {"plasticc", "PLAsTiCC light curves in Multimodal Universe's schema", "Parquet or HDF5 files, or folders of them",
       open_plasticc},
      {"table",
       "any table in CSV, ECSV, FITS, VOTable or Parquet, with images, spectra, cubes and light curves in files that "
       "it names",
       "one mapping file (.toml: see docs/formats/mapping.md) and tables", open_mapped_table},
      {"tess", "TESS light curves in Multimodal Universe's schema", "Parquet or HDF5 files, or folders of them",
       open_tess},
  };
  return table;
}

}  // namespace asterism::data
