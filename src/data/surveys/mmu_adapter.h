#pragma once
// The defects of the Multimodal Universe's published tables, survey by survey, and what is done about each.
//
//   all          ids written as b'...' lose it (batch_table.h); ra, dec in float32 stay as coarse as they are
//   sdss         ZWARNING true is a problem; wavelengths of -1 are padding; lsf_sigma in pixels (mmu_layout.h)
//   desi         ZWARN true is good; lsf_sigma in pixels; FLUX_* of 0 with FLUX_IVAR_* of 0 are absent,
//                and so are the fibre fluxes of such targets
//   vipers       the inverse variance v was made of 1/(noise 1e34) with the noise not squared: v^2 1e34; v <= 0 is a
//   bad
//                pixel; REDFLAG repeats REDSHIFT and is dropped; ids like 404055346.0 are whole numbers
//   jwst         ids end in a hash that differs from run to run: the id is made of the field and the position;
//                fluxes in 10 nJy become nanomaggies (the mosaics' convention; no file says so)
//   hsc          counts of zero point 27.0 become nanomaggies (survey convention)
//   galah        erg/s/cm^2/A become 1e-17 of it; its wavelengths are known to be off by 2 pixels, in a direction that
//   is
//                not published: left as they are, and said in the description
//   legacy       `catalog` holds the 20 faintest neighbours, not the brightest: left as they are
//   supernovae   (cfa, csp, yse, ps1_sne_ia, des_y3_sne_ia, snls, foundation, swift_sne_ia) fluxes are SNANA's FLUXCAL
//                (zero point 27.5, by convention) and become nanomaggies, magnitudes stay; times of -99 are padding
//   gaia         structs of numbers are unfolded, coefficients parted into BP and RP (mmu_unfold.h); units of the
//                archive
//   btsbot       stamps are ZTF's science, reference and difference image, in counts
//   kepler       time is BJD -
//   2,454,833 (its convention; no file says so): MJD (TDB)
//   lamost       relative flux: "counts"; zeros behind the end are
//                padding
//   chandra      spectra over energy are no modality here: left out; its id is called name
//
// Image bands get the wavelength and width of their filter where one of that name is known.

#include <string>

#include "data/dataset_info.h"
#include "modalities/block.h"

namespace asterism::data {

// Undoes, in rows that were read through mmu_layout(), what the list above says. `path` names the field of JWST rows.
void adapt_mmu(const std::string& survey, const std::string& path, modalities::Batch& batch);

// Title, caveats, licence and citation.
DatasetInfo mmu_info(const std::string& survey);

}  // namespace asterism::data
