#include "eval/questions/downsampled_rebuild.h"

#include <ATen/ATen.h>

#include <cmath>

#include "base/error.h"
#include "eval/questions/task.h"
#include "tokenizers/block_tensors.h"

namespace asterism::eval {
namespace {

constexpr int64_t kFewestBits = 2, kMostBits = 16;

// Images [N, C, H, W], spectra [N, 1, 1, L]; weights 0 where not good.
struct Pixels {
  at::Tensor flux, weight;
};

template <class Block>
Pixels pixels_of(const Block& block, std::vector<int64_t> shape) {
  const auto flux = tokenizers::wrap(block.flux, shape), ivar = tokenizers::wrap(block.ivar, shape);
  const auto weight = ivar * (tokenizers::wrap(block.mask, shape) == 0);
  return {at::where(weight > 0, flux, at::zeros({})), weight};
}

// One sigma of each band: the median over the good pixels of the training rows.
at::Tensor noise_of(const at::Tensor& weight) {
  std::vector<double> out;
  for (int64_t c = 0; c < weight.size(1); ++c) {
    const auto plane = weight.select(1, c);
    const auto good = plane.masked_select(plane > 0);
    out.push_back(good.numel() > 0 ? 1 / std::sqrt(good.median().item<double>()) : 1);
  }
  return at::tensor(out, at::kFloat).view({1, -1, 1, 1});
}

at::Tensor through(const Pixels& in, const std::vector<int64_t>& train, int64_t factor, int64_t bits_each) {
  const int64_t H = in.flux.size(2), W = in.flux.size(3), down = H > 1 ? factor : 1;
  const std::vector<int64_t> window{down, factor};
  const auto pool = [&](const at::Tensor& x) {
    return at::avg_pool2d(x, window, window, {0, 0}, /*ceil_mode=*/true, /*count_include_pad=*/false);
  };
  const auto weight = pool(in.weight);
  const auto noise = noise_of(take_rows(in.weight, train));
  const auto value = at::asinh(pool(in.flux * in.weight) / weight.clamp_min(1e-30) / noise);
  const auto seen = take_rows(value, train).flatten(2);
  const auto low = seen.amin({0, 2}).view({1, -1, 1, 1}),
             high = seen.amax({0, 2}).view({1, -1, 1, 1}).maximum(low + 1e-6);
  const double levels = std::exp2(double(bits_each));
  const auto code = ((value - low) / (high - low) * levels).floor().clamp(0, levels - 1);
  const auto back = at::sinh(low + (code + 0.5) / levels * (high - low)) * noise;
  // as large as the joined pixels reach, then cut: the middles stay where they are
  const auto drawn = at::upsample_bilinear2d(back, {back.size(2) * down, back.size(3) * factor}, false);
  return drawn.narrow(2, 0, H).narrow(3, 0, W);
}

double chi_square_of(const at::Tensor& model, const Pixels& in, const std::vector<int64_t>& rows) {
  const auto weight = take_rows(in.weight, rows).to(at::kDouble);
  const auto residual = (take_rows(in.flux, rows) - take_rows(model, rows)).to(at::kDouble);
  return ((residual.square() * weight).sum() / (weight > 0).sum()).item<double>();
}

at::Tensor best(const Pixels& in, const std::vector<int64_t>& train, int64_t bits) {
  at::NoGradGuard no_grad;
  const int64_t C = in.flux.size(1), H = in.flux.size(2), W = in.flux.size(3);
  at::Tensor out;
  double least = 0;
  for (int64_t factor = 1; factor <= std::max(H, W); factor *= 2) {
    const int64_t across = (W + factor - 1) / factor, along = H > 1 ? (H + factor - 1) / factor : 1;
    const int64_t each = std::min(kMostBits, bits / (C * across * along));
    if (each < kFewestBits) continue;
    const auto model = through(in, train, factor, each);
    const double chi2 = chi_square_of(model, in, train);
    if (out.defined() && !(chi2 < least)) continue;
    out = model;
    least = chi2;
  }
  return out;
}

template <class Block>
std::optional<Block> rebuilt(const Block& observed, std::vector<int64_t> shape, const std::vector<int64_t>& train,
                             int64_t bits) {
  ASTERISM_CHECK(!train.empty(), "no rows to learn from");
  const auto model = best(pixels_of(observed, std::move(shape)), train, bits);
  if (!model.defined()) return std::nullopt;
  auto out = observed;
  tokenizers::copy_into(out.flux, model);
  return out;
}

}  // namespace

std::optional<modalities::ImageBlock> downsampled_rebuilt(const modalities::ImageBlock& b,
                                                          const std::vector<int64_t>& train, int64_t bits) {
  return rebuilt(b, {b.n, int64_t(b.bands.size()), b.height, b.width}, train, bits);
}

std::optional<modalities::SpectrumBlock> downsampled_rebuilt(const modalities::SpectrumBlock& b,
                                                             const std::vector<int64_t>& train, int64_t bits) {
  return rebuilt(b, {b.n, 1, 1, b.length}, train, bits);
}

}  // namespace asterism::eval
