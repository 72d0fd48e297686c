#include "tokenizers/cube_spectra.h"

#include <algorithm>
#include <cmath>

namespace asterism::tokenizers {

namespace {

constexpr double kFewestSigma = 3;  // a brightness is at least so many errors of it

// Each over its weighted mean.
CubeSpectra in_own_units(const at::Tensor& flux_BL, const at::Tensor& weight_BL) {
  const auto weight = weight_BL.sum(1, true, at::kDouble);
  const auto mean = (flux_BL * weight_BL).sum(1, true, at::kDouble) / weight;
  const auto scale = at::maximum(mean, kFewestSigma * weight.rsqrt()).to(at::kFloat);
  return {flux_BL / scale, weight_BL * scale.square()};
}

}  // namespace

CubeSpectra summed_spectrum(const CubeRow& cube) {
  const auto light_SL = cube.flux_SL * cube.ivar_SL;
  const auto weight = cube.ivar_SL.sum(1, true, at::kDouble);
  auto bright = (light_SL.sum(1, true, at::kDouble) / weight.clamp_min(1e-30)).clamp_min(0);
  if (bright.max().item<double>() <= 0) bright = at::ones_like(bright);
  bright = (bright / bright.max()).to(at::kFloat);
  const auto sum = (cube.ivar_SL * bright.square()).sum(0, true);
  return in_own_units((light_SL * bright).sum(0, true) / sum.clamp_min(1e-30), sum);
}

CubeSpectra joined_spaxels(const CubeRow& cube, int64_t height, int64_t width, int64_t bin, int64_t most) {
  const int64_t L = cube.flux_SL.size(1), g = (height + bin - 1) / bin, h = (width + bin - 1) / bin;
  const auto s = at::arange(height * width, at::kLong);
  const auto y = at::floor_divide(at::floor_divide(s, width), bin), x = at::floor_divide(at::remainder(s, width), bin);
  const auto sums = [&](const at::Tensor& values_SL) {
    return at::zeros({g * h, L}).index_add_(0, y * h + x, values_SL);
  };
  const auto weight = sums(cube.ivar_SL), light = sums(cube.flux_SL * cube.ivar_SL);
  const auto total = weight.sum(1, false, at::kDouble);
  const auto clear = at::where(total > 0, light.sum(1, false, at::kDouble) * total.clamp_min(1e-30).rsqrt(), -INFINITY);
  const int64_t count = std::min(most, total.gt(0).sum().item<int64_t>());
  const auto chosen = std::get<1>(clear.sort(/*stable=*/true, 0, /*descending=*/true)).narrow(0, 0, count);
  const auto kept = weight.index_select(0, chosen);
  return in_own_units(light.index_select(0, chosen) / kept.clamp_min(1e-30), kept);
}

at::Tensor spread_out(const at::Tensor& values_BL, int64_t finer) {
  auto out = at::zeros({values_BL.size(0), values_BL.size(1), finer}, values_BL.options());
  out.select(2, 0).copy_(values_BL);
  return out.flatten(1);
}

at::Tensor FinePlaces::of(const at::Tensor& x_JF) const {
  const auto right = (left + 1).clamp_max(x_JF.size(1) - 1);
  return at::lerp(x_JF.index_select(1, left), x_JF.index_select(1, right), share);
}

FinePlaces drawn_at(const std::vector<double>& edges, int64_t finer, const std::vector<float>& wavelength_angstrom) {
  const double step = std::log(edges.back() / edges.front()) / double(edges.size() - 1), fine = step / double(finer);
  const double last = double((int64_t(edges.size()) - 2) * finer);
  std::vector<int64_t> left;
  std::vector<float> share, inside;
  for (const float wavelength : wavelength_angstrom) {
    const double from_middle = std::log(double(wavelength) / edges.front()) - 0.5 * step;
    const double place = std::clamp(from_middle / fine, 0.0, last);
    left.push_back(int64_t(place));
    share.push_back(float(place - std::floor(place)));
    inside.push_back(double(wavelength) >= edges.front() && double(wavelength) <= edges.back() ? 1.0f : 0.0f);
  }
  return {at::tensor(left, at::kLong), at::tensor(share), at::tensor(inside)};
}

}  // namespace asterism::tokenizers
