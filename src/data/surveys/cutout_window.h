#pragma once
// Where the cutout of an object lies in an image, by all that the header's world coordinates say.

#include <cstdint>
#include <string>

#include "astro/wcs.h"
#include "io/fits.h"
#include "modalities/block.h"

namespace asterism::data {

// Its corner, in pixels from 0, which may lie beyond the image's edge.
struct CutoutWindow {
  int64_t top = 0, left = 0, height = 0, width = 0;
  astro::TangentWcs wcs;  // about the object
};

// `size` pixels across about the object in an image of height x width pixels. DataError naming `where` for an object
// without position or off the image, and as wcs_of().
CutoutWindow cutout_window(const io::FitsHdu& hdu, int64_t height, int64_t width, int64_t size,
                           const modalities::ObjectKey& object, const std::string& where);

}  // namespace asterism::data
