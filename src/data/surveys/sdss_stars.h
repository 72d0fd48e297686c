#pragma once
// Stars with stamps in five bands and a spectrum: pairs.csv names the files (without their final .gz).
//
// A stamp file holds one pair of HDUs (flux, inverse variance; nanomaggies) for each imaging field that covers the
// star; many are covered in part only: the pair with the most covered pixels is taken. The spectrum file is an SDSS
// `spec` file with named HDUs. The synthetic u flux of the spectrum is extrapolated and therefore left out.
//
// Modalities: image_sdss (u g r i z, 51 x 51, 0.396"/pixel), spectrum_sdss, flux_sdss_g .. z (synthesised from the
// spectrum), redshift, redshift_ok, object_class, spectral_letter (0 A, 1 F, 2 G, 3 K, 4 M, 5 W), sn_median.

#include <filesystem>
#include <memory>
#include <vector>

#include "data/survey.h"

namespace asterism::data {

std::unique_ptr<SurveyImport> open_sdss_stars(const std::vector<std::filesystem::path>& inputs,
                                              const ImportOptions& options, BadRows& bad);

}  // namespace asterism::data
