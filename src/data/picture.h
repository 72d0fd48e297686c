#pragma once
// What is seen of an object, as a picture: for terminals, pages and lists of answers.

#include <cstdint>

#include "io/image_file.h"
#include "modalities/block.h"

namespace asterism::data {

// The image of a row as a picture: bands_rgb of report/stretch.h, the colours themselves of a display image, or side by
// side the stamps of an alert (one of them a difference).
io::Picture8 picture_of(const modalities::ImageBlock& block, int64_t row);

// A row of an image, a map (its first layer) or a cube (the mean over wavelength) as a picture; CheckError for others.
io::Picture8 picture_of_block(const modalities::Block& block, int64_t row);

}  // namespace asterism::data
