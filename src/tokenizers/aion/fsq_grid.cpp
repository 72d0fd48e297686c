#include "tokenizers/aion/fsq_grid.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "nn/transfer.h"
#include "tokenizers/image_crop.h"

namespace asterism::tokenizers::aion {

namespace {

at::Tensor python_crop(const at::Tensor& x, int64_t dimension) {
  const int64_t n = x.size(dimension), spare = n - kPublishedSize;
  const int64_t start = spare >= 0 ? spare / 2 : -((1 - spare) / 2);  // rounds down, as Python's // does
  const auto bound = [n](int64_t place) { return std::clamp<int64_t>(place < 0 ? place + n : place, 0, n); };
  const int64_t first = bound(start), last = bound(start + kPublishedSize);
  return x.narrow(dimension, first, std::max<int64_t>(0, last - first));
}

}  // namespace

at::Tensor crop_published(const at::Tensor& images, bool reference) {
  if (images.size(2) == 0 || images.size(3) == 0)
    base::user_error("images of {} x {} pixels.", images.size(2), images.size(3));
  return reference ? python_crop(python_crop(images, 2), 3) : crop_or_pad(images, kPublishedSize, kPublishedSize);
}

at::Tensor grid_ids(const nn::Fsq& fsq, const at::Tensor& latent, bool reference) {
  const auto rows = latent.permute({0, 2, 3, 1});
  auto out = fsq(rows).ids;
  if (reference) out = out.masked_fill(at::isnan(rows).any(-1), std::numeric_limits<int32_t>::min());
  return out.flatten(1);
}

at::Tensor grid_codes(const nn::Fsq& fsq, const at::Tensor& ids_in, bool reference) {
  const int64_t T = ids_in.dim() == 2 ? ids_in.size(1) : 0, side = std::llround(std::sqrt(double(T)));
  if (T == 0 || side * side != T) base::user_error("{} tokens an object are no square grid.", T);
  const auto whole = ids_in.to(at::kLong), ids = reference ? at::remainder(whole, fsq.vocabulary()) : whole;
  return fsq.codes(ids).view({ids.size(0), side, side, -1}).permute({0, 3, 1, 2});
}

at::Tensor grid_margin(const nn::Fsq& fsq, const at::Tensor& latent) {
  std::vector<double> widths;  // levels in a unit of bounded()
  for (const int64_t level : fsq.levels()) {
    const int64_t half = level / 2;
    widths.push_back(double(half));
  }
  const auto level =
      fsq.bounded(latent.permute({0, 2, 3, 1})) * nn::sent(at::tensor(widths, at::kFloat), latent.device());
  return (level - at::floor(level) - 0.5).abs().amin(-1).flatten(1);
}

}  // namespace asterism::tokenizers::aion
