#pragma once
// MUSE products as MPDAF writes them: HDUs DATA and STAT (the variance), flux density in a power of ten of
// erg/s/cm^2/A.
//
//   a cube     DATA of three axes, linear wavelengths in air (CTYPE3 AWAV: brought to vacuum) or vacuum (WAVE);
//              FIELDMAP, where there is one: the bit mask of the mosaic fields that a pixel comes from
//   an image   DATA of two axes; segmap.fits and catalog.fits in its folder, where they are, belong to it: they must
//              have its size and its reference point
//
// Each file is one object, named after it, at the position of its middle pixel. Pixels stay where the file has them (a
// mosaic may be rotated). STAT becomes an inverse variance; a variance that is not positive or not finite is a masked
// pixel; a negative one is refused.
//
// Defects handled: an image whose BUNIT says 10**-40 while FSCALE says 1e-20 has had the factor applied twice to its
// header: its unit is 1e-20. The segmentation map is the product of a detection program, not truth.
//
// Modalities: cube_muse, maps_fields, image_muse, maps_segmentation, num_sources (rows of catalog.fits).

#include <filesystem>
#include <memory>
#include <vector>

#include "data/survey.h"

namespace asterism::data {

std::unique_ptr<SurveyImport> open_muse(const std::vector<std::filesystem::path>& inputs, const ImportOptions& options,
                                        BadRows& bad);

}  // namespace asterism::data
