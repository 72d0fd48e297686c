#pragma once
// Galaxies of the Extended Groth Strip with Hubble ACS cutouts (V: F606W, I: F814W) and a Keck DEIMOS spectrum of
// DEEP2: pairs.csv names cutouts/*.fits and spec1D/*.fits of each.
//
// Cutouts: 201 x 201 pixels of 0.03", unit "counts" (the header states none, and no zero point), no variance: mask
// only. Spectra: the optimal extraction (Horne-B, then Horne-R), counts per pixel, not flux calibrated. Their
// wavelengths are in air, though no header says so: the night sky's OH lines in SKYSPEC lie at their air wavelengths to
// 0.1 A in all files; they are brought to vacuum here. Pixels with inverse variance 0 are masked; where the arms meet,
// the first pixels of the R arm that do not lie behind the B arm are left out.
//
// Redshifts are fits of ours to these spectra, not published ones: redshift_ok is 1 for grade A alone; grade C must
// never serve as truth. The object id is DEEP2's objno.
//
// Modalities: image_hst, spectrum_deimos, redshift, redshift_ok, redshift_grade (0 A, 1 B, 2 C), delta_chi2.

#include <filesystem>
#include <memory>
#include <vector>

#include "data/survey.h"

namespace asterism::data {

std::unique_ptr<SurveyImport> open_deep2_hst(const std::vector<std::filesystem::path>& inputs,
                                             const ImportOptions& options, BadRows& bad);

}  // namespace asterism::data
