#pragma once
// `spec-PLATE-MJD-FIBER.fits[.gz]` of SDSS, BOSS and eBOSS: HDU 1 the coadded spectrum, HDU 2 one row of the catalogue
// (both without a name: addressed by number), vacuum wavelengths, heliocentric. Observed repeatedly, one object comes
// in several files: each is a row of its own, and all of them share a split number (split.h).
//
// Modalities: spectrum_sdss; flux_sdss_u .. z (PSF fluxes: most targets are point sources); redshift, redshift_ok
// (ZWARNING is 0), zwarning, object_class, sn_median.

#include <filesystem>
#include <memory>
#include <vector>

#include "data/survey.h"

namespace asterism::data {

std::unique_ptr<SurveyImport> open_boss(const std::vector<std::filesystem::path>& inputs, const ImportOptions& options,
                                        BadRows& bad);

}  // namespace asterism::data
