#pragma once
// XP_CONTINUOUS_RAW of Gaia DR3, CSV or ECSV: BP and RP spectra as 55 coefficients each of Hermite-like basis
// functions, with their standard deviations. Array cells are text, "(a, b, ...)" in CSV and "[a,b,...]" in ECSV, where
// a missing spectrum is a list of length 0 (or an empty cell): absent here, never zeros. source_id is text: as a float
// it would lose its last digits. The 1,485 correlations are not kept. The files hold no position: their objects are
// unplaced unless columns ra and dec have been joined.
//
// The same source may stand in several files: one row with the same coefficients is kept and the repeats are counted;
// repeats that differ are bad rows. Multimodal Universe's `spectral_coefficients` is 55 BP and then 55 RP; its count of
// rows (122,302,572 in v1.5) is not that of its page (220 million).
//
// Modalities: bp_coefficients, bp_coefficients_error, rp_coefficients, rp_coefficients_error (in the unit of GaiaXPy's
// basis functions); bp_n_measurements, bp_n_relevant_bases, bp_relative_shrinking, bp_chi_squared and those of rp.

#include <filesystem>
#include <memory>
#include <vector>

#include "data/survey.h"

namespace asterism::data {

std::unique_ptr<SurveyImport> open_gaia_xp(const std::vector<std::filesystem::path>& inputs,
                                           const ImportOptions& options, BadRows& bad);

}  // namespace asterism::data
