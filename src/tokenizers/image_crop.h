#pragma once
// Images brought to a size about their centre.

#include <ATen/ATen.h>

namespace asterism::tokenizers {

// [..., H, W] -> [..., height, width]: too large is cropped, too small is surrounded by zeros; the centre pixel (H/2,
// W/2) goes to (height/2, width/2).
at::Tensor crop_or_pad(const at::Tensor& images, int64_t height, int64_t width);

}  // namespace asterism::tokenizers
