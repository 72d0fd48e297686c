#pragma once
// EROS-1 variable stars: train.csv (one row a star) and train_varlength_features.csv.gz beside it (the light curves, as
// lists in cells, in the same order: the index column of both is compared row by row).
//
// Positions: asc_d, asc_m, asc_s are right ascension in hours (values near 5 with declinations of the Large Magellanic
// Cloud; the file does not say), dec_d carries the sign. Times are days after a moment that the file does not tell.
// Background and neighbour light (bkg_points, polltn_points) are not kept. Magnitudes are instrumental.
//
// Modalities: lightcurve_eros (bands eros-b, eros-r); variable_class (1 to 4 as published; the files do not name them);
// period (a catalogue quantity and a strong hint: say whether it was used), magnitude_b, magnitude_r, asym_b, asym_r,
// log_p_not_variable, sigma_flux_b, sigma_flux_r, quality, div_period.

#include <filesystem>
#include <memory>
#include <vector>

#include "data/survey.h"

namespace asterism::data {

std::unique_ptr<SurveyImport> open_eros(const std::vector<std::filesystem::path>& inputs, const ImportOptions& options,
                                        BadRows& bad);

}  // namespace asterism::data
