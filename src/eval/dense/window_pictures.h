#pragma once
// What an encoder looks at, as pictures for the eye. Letters: N images, H x W pixels.

#include <ATen/ATen.h>

#include "modalities/block.h"
#include "models/image_input.h"

namespace asterism::eval {

// [N, H, W, 3] in 0..1, float32, of out_height x out_width pixels: planes made for the eye as they are (first, middle
// and last), fluxes through the stretch that suits each image. Rows as in the data.
at::Tensor window_pictures(const modalities::ImageBlock& images, const models::PreparedGeometry& window);

}  // namespace asterism::eval
