#include "eval/dense/patch_grid.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "base/error.h"
#include "modalities/image.h"

namespace asterism::eval {
namespace {

using models::PatchEncoder;

constexpr int64_t kImagesAtOnce = 8;

modalities::ImageBlock piece_of(const modalities::ImageBlock& images, int64_t first, int64_t count) {
  std::vector<int64_t> rows(size_t(count), 0);
  std::iota(rows.begin(), rows.end(), first);
  return modalities::select(images, rows);
}

}  // namespace

PatchGrid patch_grid(const PatchEncoder& encoder, const modalities::ImageBlock& images,
                     const PatchGridRequest& request) {
  const int64_t patch = encoder.patch(), step = request.stride == 0 ? patch : request.stride;
  if (step < 1 || patch % step != 0)
    base::user_error("a stride of {} pixels does not divide the patch of {}: choose a divisor of it", step, patch);
  const auto whole = encoder.geometry(images);
  const int64_t shifts = patch / step, smaller = shifts > 1 ? patch : 0, N = images.n;
  const int64_t height = whole.out_height - smaller, width = whole.out_width - smaller;
  if (height < patch || width < patch)
    base::user_error("images of {} x {} pixels are too small for overlapping patches of {}: leave out the stride",
                     whole.out_height, whole.out_width, patch);
  const int64_t rows = height / patch, columns = width / patch;
  // [N, rows, shift down, columns, shift right, D]: neighbouring cells come from neighbouring shifts
  auto features = at::zeros({N, rows, shifts, columns, shifts, encoder.width()});
  auto is_token = at::zeros({N, rows, shifts, columns, shifts}, at::kBool);
  std::vector<at::Tensor> attention;
  for (int64_t i = 0; i < N; i += kImagesAtOnce) {
    const int64_t n = std::min(kImagesAtOnce, N - i);
    const auto piece = piece_of(images, i, n);
    const bool tells = encoder.heads() > 0;
    for (int64_t down = 0; down < shifts; ++down)
      for (int64_t right = 0; right < shifts; ++right) {
        const auto made = encoder(piece, {down * step, right * step, height, width},
                                  {request.layer, tells && shifts == 1, request.any_instrument});
        features.narrow(0, i, n).select(2, down).select(3, right).copy_(made.features_NhwD);
        is_token.narrow(0, i, n).select(2, down).select(3, right).copy_(made.is_token_Nhw);
        if (made.attention_NHhw.defined()) attention.push_back(made.attention_NHhw);
      }
    if (tells && shifts > 1)
      attention.push_back(
          encoder(piece, {0, 0, whole.out_height, whole.out_width}, {request.layer, true, request.any_instrument})
              .attention_NHhw);
  }
  PatchGrid out;
  out.features_NhwD = features.view({N, rows * shifts, columns * shifts, -1});
  out.is_token_Nhw = is_token.view({N, rows * shifts, columns * shifts});
  if (!attention.empty()) out.attention_NHrc = at::cat(attention);
  out.patch = patch;
  out.first = double(patch - 1) / 2;
  out.spacing = double(step);
  return out;
}

at::Tensor attention_of_cells(const PatchGrid& grid) {
  ASTERISM_CHECK(grid.attention_NHrc.defined(), "a grid with attention");
  auto out = grid.attention_NHrc.mean(1);
  for (const int64_t side : {1, 2}) {
    const auto cells = at::arange(grid.features_NhwD.size(side), at::kDouble);
    const auto whole = (cells * grid.spacing / double(grid.patch) + 0.5).floor().clamp_max(double(out.size(side) - 1));
    out = out.index_select(side, whole.to(at::kLong));
  }
  return out;
}

}  // namespace asterism::eval
