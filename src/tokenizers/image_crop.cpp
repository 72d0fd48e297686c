#include "tokenizers/image_crop.h"

#include <algorithm>

namespace asterism::tokenizers {

at::Tensor crop_or_pad(const at::Tensor& images, int64_t height, int64_t width) {
  const int64_t H = images.size(-2), W = images.size(-1);
  if (H == height && W == width) return images;
  const int64_t top = height / 2 - H / 2, left = width / 2 - W / 2;  // negative: a crop
  const auto kept = images.narrow(-2, std::max<int64_t>(0, -top), std::min(H, height))
                        .narrow(-1, std::max<int64_t>(0, -left), std::min(W, width));
  if (H >= height && W >= width) return kept.contiguous();
  auto shape = images.sizes().vec();
  shape[shape.size() - 2] = height;
  shape[shape.size() - 1] = width;
  auto out = at::zeros(shape, images.options());
  out.narrow(-2, std::max<int64_t>(0, top), std::min(H, height))
      .narrow(-1, std::max<int64_t>(0, left), std::min(W, width))
      .copy_(kept);
  return out;
}

}  // namespace asterism::tokenizers
