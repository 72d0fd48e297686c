#include "data/survey.h"
#include "data/surveys/boss.h"
#include "data/surveys/eros.h"
#include "data/surveys/gaia_xp.h"
#include "data/surveys/legacy_galaxy_zoo.h"
#include "data/surveys/mapped_table.h"
#include "data/surveys/mmu_light_curves.h"
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
       "a folder with labels.csv and images/", open_legacy_galaxy_zoo},
      {"gaia_xp", "Gaia DR3 BP/RP spectra as coefficients with errors",
       "XP_CONTINUOUS*.csv or .ecsv, or folders of them", open_gaia_xp},
      {"eros", "EROS-1 light curves of variable stars in two bands",
       "the folder of train.csv and train_varlength_features.csv.gz", open_eros},
      {"supernovae", "Open Supernova Catalog: light curves, spectra, types and redshifts",
       "the folder of objects.csv, photometry.csv.gz, spectra_index.csv and spectra.npz", open_supernovae},
      {"ztf", "ZTF alerts: stamps, difference-flux light curves and catalogue numbers",
       "*.avro, or *.jsonl[.gz] with a folder cutouts/ beside them, or folders of them", open_ztf},
      {"plasticc", "PLAsTiCC light curves in Multimodal Universe's schema", "*.parquet, or folders of them",
       open_plasticc},
      {"table", "any table in CSV, ECSV, FITS, VOTable or Parquet, with a mapping file",
       "one mapping file (.toml: see docs/formats/mapping.md) and tables", open_mapped_table},
      {"tess", "TESS light curves in Multimodal Universe's schema", "*.parquet, or folders of them", open_tess},
  };
  return table;
}

}  // namespace asterism::data
