#include "tokenizers/cube_input.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "base/error.h"
#include "base/quantile.h"
#include "tokenizers/rebin.h"

namespace asterism::tokenizers {

namespace {

// Of a value over the scale, and of its weight: products of them, and sums, are floats still.
constexpr double kLargest = 1e6, kSharpest = 1e16;
// A value counts at most so many times as much as one of the median: sums in fp32 lose whatever stands beside more.
constexpr double kMostOfMedian = 1e6;
constexpr double kFewestSigma = 2;  // the square of a scale is at least so many errors of it

double scale_of(const std::vector<double>& flux, const std::vector<double>& ivar) {
  double power = 0, weight = 0, n = 0;
  for (size_t i = 0; i < flux.size(); ++i) {
    if (ivar[i] <= 0) continue;
    power += ivar[i] * flux[i] * flux[i];
    weight += ivar[i];
    ++n;
  }
  if (n == 0) return 0;
  return std::sqrt(std::max({(power - n) / weight, kFewestSigma * std::sqrt(2 * n) / weight, 1e-60}));
}

void bound_weights(std::vector<double>& ivar) {
  std::vector<double> known;
  std::copy_if(ivar.begin(), ivar.end(), std::back_inserter(known), [](double x) { return x > 0; });
  if (known.empty()) return;
  const double most = kMostOfMedian * base::middle(std::move(known));
  for (double& x : ivar) x = std::min(x, most);
}

}  // namespace

double CubeNorm::scale(int64_t id) const {
  return std::pow(10.0, low + (double(std::clamp<int64_t>(id, 0, bins - 1)) + 0.5) * (high - low) / double(bins));
}

bool read_cube(const modalities::CubeBlock& block, int64_t row, const std::vector<double>& edges, const CubeNorm& norm,
               const std::string& reader, CubeRow& out) {
  const auto shares = overlaps({block.wavelength_angstrom.data() + row * block.length, size_t(block.length)}, edges);
  if (!shares)
    base::user_error("{}: wavelength_angstrom of object {} does not increase strictly up to its padding of zeros.",
                     reader, row);
  const int64_t L = int64_t(edges.size()) - 1, S = block.height * block.width;
  std::vector<double> flux(size_t(L * S), 0.0), ivar = flux;
  for (const auto& [from, to, inside] : *shares) {
    const size_t first = size_t((row * block.length + from) * S);
    double *sum = flux.data() + to * S, *weight = ivar.data() + to * S;
    for (size_t i = 0; i < size_t(S); ++i) {
      const float value = block.flux[first + i], sharp = block.ivar[first + i];
      if (block.mask[first + i] != 0 || !(sharp > 0) || !std::isfinite(sharp) || !std::isfinite(value)) continue;
      const double share = inside * double(sharp);
      weight[i] += share;
      sum[i] += share * double(value);
    }
  }
  for (size_t i = 0; i < flux.size(); ++i) flux[i] = ivar[i] > 0 ? flux[i] / ivar[i] : 0;
  bound_weights(ivar);
  const double exact = scale_of(flux, ivar);
  if (exact <= 0) return false;
  const double place = std::floor((std::log10(exact) - norm.low) / (norm.high - norm.low) * double(norm.bins));
  out.norm_id = int64_t(std::clamp(place, 0.0, double(norm.bins - 1)));
  out.scale = norm.scale(out.norm_id);
  const auto spaxels = [&](const std::vector<double>& values) {
    return at::tensor(values, at::kDouble).view({L, S}).t();
  };
  out.flux_SL = (spaxels(flux) / out.scale).clamp(-kLargest, kLargest).to(at::kFloat).contiguous();
  out.ivar_SL = (spaxels(ivar) * (out.scale * out.scale)).clamp_max(kSharpest).to(at::kFloat).contiguous();
  return true;
}

}  // namespace asterism::tokenizers
