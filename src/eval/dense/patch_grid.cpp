#include "eval/dense/patch_grid.h"

#include <algorithm>

#include "base/error.h"

namespace asterism::eval {
namespace {

constexpr int64_t kImagesAtOnce = 8;

// [n, C, H, W] -> [n, rows, columns, D]
at::Tensor features_of(const models::VisionTransformer& model, const at::Tensor& images, int64_t layer) {
  const int64_t patch = model.settings().patch, before = 1 + model.settings().registers;
  const auto tokens = model.layers(images, {layer}, true)[0];
  return tokens.narrow(1, before, tokens.size(1) - before)
      .reshape({images.size(0), images.size(2) / patch, images.size(3) / patch, tokens.size(2)});
}

}  // namespace

PatchGrid patch_grid(const models::VisionTransformer& model, const at::Tensor& images, int64_t stride, int64_t layer) {
  const int64_t patch = model.settings().patch, step = stride == 0 ? patch : stride;
  if (step < 1 || patch % step != 0)
    base::user_error("a stride of {} pixels does not divide the patch of {}: choose a divisor of it", step, patch);
  const int64_t shifts = patch / step, smaller = shifts > 1 ? patch : 0,
                last = layer < 0 ? model.settings().depth - 1 : layer;
  const int64_t N = images.size(0), height = images.size(2) - smaller, width = images.size(3) - smaller;
  if (height < patch || width < patch)
    base::user_error("images of {} x {} pixels are too small for overlapping patches of {}: leave out the stride",
                     images.size(2), images.size(3), patch);
  const int64_t rows = height / patch, columns = width / patch;
  // [N, rows, shift down, columns, shift right, D]: neighbouring cells come from neighbouring shifts
  auto out = at::zeros({N, rows, shifts, columns, shifts, model.settings().width});
  for (int64_t i = 0; i < N; i += kImagesAtOnce) {
    const int64_t n = std::min(kImagesAtOnce, N - i);
    for (int64_t down = 0; down < shifts; ++down)
      for (int64_t right = 0; right < shifts; ++right) {
        const auto part = images.narrow(0, i, n).narrow(2, down * step, height).narrow(3, right * step, width);
        out.narrow(0, i, n).select(2, down).select(3, right).copy_(features_of(model, part, last));
      }
  }
  return {out.view({N, rows * shifts, columns * shifts, -1}), double(patch - 1) / 2, double(step)};
}

at::Tensor cls_attention(const models::VisionTransformer& model, const at::Tensor& images) {
  const int64_t patch = model.settings().patch, before = 1 + model.settings().registers;
  std::vector<at::Tensor> out;
  for (int64_t i = 0; i < images.size(0); i += kImagesAtOnce) {
    const auto piece = images.narrow(0, i, std::min(kImagesAtOnce, images.size(0) - i));
    const auto all = model.attention(piece, model.settings().depth - 1, 1).mean(1).squeeze(1);  // [n, T]
    out.push_back(all.narrow(1, before, all.size(1) - before)
                      .reshape({piece.size(0), images.size(2) / patch, images.size(3) / patch}));
  }
  return at::cat(out);
}

}  // namespace asterism::eval
