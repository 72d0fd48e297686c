#pragma once
// Cutouts as the archives' cutout services give them, FITS files of two surveys.
//
// legacy_cutouts: legacysurvey.org's viewer and MMU's downloads. One file an object: an image of three axes (band,
// line, pixel) in nanomaggies; the header's BANDS ("griz") or BAND0.. name them. Optional HDUs: INVVAR (the same shape)
// and MASKBITS (line, pixel): a pixel is masked in a band by SATUR and ALLMASK of that band (bits 2-7, 14, 15). Without
// INVVAR the variance is unknown.
//
// hsc_cutouts: the HSC-SSP PDR3 image cutout service. One file a band, named <anything>-HSC-<G|R|I|Z|Y><anything>:
// files that differ in that letter alone are one object. HDUs IMAGE, MASK, VARIANCE. Counts become nanomaggies by
// FLUXMAG0 (27.0 AB where it is missing: survey convention). Masked: BAD, SAT, NO_DATA (by the header's MP_ numbers; 0,
// 1, 8 where it has none, as MMU takes them), no or no positive variance. Bands in the order g r i z y; an object
// without one of them has it masked.
//
// The object id is the file's name (HSC: without the band), its position that of the middle pixel. objects.csv in the
// folder, where there is one, gives names and positions: columns file (as the files are called), object_id, ra, dec.
// All cutouts of one import must be of one size.
//
// Modalities: image_legacy or image_hsc.

#include <filesystem>
#include <memory>
#include <vector>

#include "data/survey.h"

namespace asterism::data {

std::unique_ptr<SurveyImport> open_legacy_cutouts(const std::vector<std::filesystem::path>& inputs,
                                                  const ImportOptions& options, BadRows& bad);
std::unique_ptr<SurveyImport> open_hsc_cutouts(const std::vector<std::filesystem::path>& inputs,
                                               const ImportOptions& options, BadRows& bad);

}  // namespace asterism::data
