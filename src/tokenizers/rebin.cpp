#include "tokenizers/rebin.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace asterism::tokenizers {

std::vector<double> grid_edges(double low, double high, int64_t pixels, bool logarithmic) {
  ASTERISM_CHECK(low > 0 && high > low && pixels >= 1, "{} pixels from {} to {}", pixels, low, high);
  std::vector<double> edges(size_t(pixels) + 1);
  for (int64_t i = 0; i <= pixels; ++i) {
    const double t = double(i) / double(pixels);
    edges[size_t(i)] = logarithmic ? low * std::pow(high / low, t) : low + (high - low) * t;
  }
  edges.back() = high;
  return edges;
}

namespace {

// Number of leading pixels before the padding; -1 where the grid is not strictly increasing or padding is not at the
// end.
int64_t used_length(std::span<const float> wavelength) {
  size_t n = 0;
  while (n < wavelength.size() && wavelength[n] > 0) {
    if (!std::isfinite(wavelength[n]) || (n > 0 && !(wavelength[n] > wavelength[n - 1]))) return -1;
    ++n;
  }
  for (size_t i = n; i < wavelength.size(); ++i)
    if (wavelength[i] != 0) return -1;
  return int64_t(n);
}

}  // namespace

std::optional<std::vector<Overlap>> overlaps(std::span<const float> w, std::span<const double> edges) {
  const int64_t n = used_length(w), pixels = int64_t(edges.size()) - 1;
  if (n < 0) return std::nullopt;
  std::vector<Overlap> out;
  int64_t j = 0;
  for (int64_t i = 0; i < n; ++i) {
    const size_t k = size_t(i);
    const double to_left = i > 0 ? double(w[k]) - w[k - 1] : (n > 1 ? double(w[k + 1]) - w[k] : 1.0);
    const double to_right = i + 1 < n ? double(w[k + 1]) - w[k] : to_left;
    const double low = w[k] - to_left / 2, high = w[k] + to_right / 2, width = high - low;
    while (j > 0 && edges[size_t(j)] > low) --j;
    while (j < pixels && edges[size_t(j) + 1] <= low) ++j;
    for (int64_t to = j; to < pixels && edges[size_t(to)] < high; ++to) {
      const double inside = std::min(high, edges[size_t(to) + 1]) - std::max(low, edges[size_t(to)]);
      if (inside > 0) out.push_back({i, to, inside / width});
    }
  }
  return out;
}

bool rebin(const SpectrumRow& row, std::span<const double> edges, std::span<float> flux_out,
           std::span<float> ivar_out) {
  const auto shares = overlaps(row.wavelength_angstrom, edges);
  if (!shares) return false;
  const size_t pixels = edges.size() - 1;
  std::vector<double> sum(pixels, 0), weight(pixels, 0);
  for (const auto& [from, to, inside] : *shares) {
    const size_t k = size_t(from);
    const bool good = row.mask[k] == 0 && row.ivar[k] > 0 && std::isfinite(row.ivar[k]) && std::isfinite(row.flux[k]);
    if (!good) continue;
    const double share = inside * row.ivar[k];
    weight[size_t(to)] += share;
    sum[size_t(to)] += share * row.flux[k];
  }
  for (size_t k = 0; k < pixels; ++k) {
    const bool any = weight[k] > 0;
    flux_out[k] = any ? float(sum[k] / weight[k]) : 0;
    ivar_out[k] = any ? float(std::min(weight[k], 1e30)) : 0;
  }
  return true;
}

bool mean_of_known(std::span<const float> wavelength, std::span<const float> values, std::span<const double> edges,
                   std::span<float> out) {
  const auto shares = overlaps(wavelength, edges);
  if (!shares) return false;
  std::vector<double> sum(out.size(), 0), weight(out.size(), 0);
  for (const auto& [from, to, inside] : *shares) {
    const float value = values[size_t(from)];
    if (!(value > 0) || !std::isfinite(value)) continue;
    sum[size_t(to)] += inside * double(value);
    weight[size_t(to)] += inside;
  }
  for (size_t k = 0; k < out.size(); ++k) out[k] = weight[k] > 0 ? float(sum[k] / weight[k]) : 0;
  return true;
}

Interpolation interpolation(std::span<const double> edges, bool logarithmic, std::span<const float> wavelength) {
  const int64_t pixels = int64_t(edges.size()) - 1;
  Interpolation out;
  out.left.resize(wavelength.size());
  out.weight.resize(wavelength.size());
  out.inside.resize(wavelength.size());
  const double low = edges.front(), high = edges.back();
  for (size_t i = 0; i < wavelength.size(); ++i) {
    const double w = wavelength[i];
    out.inside[i] = w >= low && w <= high;
    if (!out.inside[i]) continue;
    const double t = logarithmic ? std::log(w / low) / std::log(high / low) : (w - low) / (high - low);
    const double place = std::clamp(t * double(pixels) - 0.5, 0.0, double(pixels - 1));
    out.left[i] = std::min(int64_t(place), std::max<int64_t>(0, pixels - 2));
    out.weight[i] = pixels > 1 ? float(place - double(out.left[i])) : 0;
  }
  return out;
}

}  // namespace asterism::tokenizers
