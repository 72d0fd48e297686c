#include "eval/questions/pca_rebuild.h"

#include "base/error.h"
#include "eval/methods/pca_codec.h"
#include "eval/metrics.h"
#include "eval/questions/task.h"

namespace asterism::eval {
namespace {

constexpr int64_t kScaleBits = 16, kMostComponents = 64, kGrid = 4096;

// Values and weights (0: missing) of all rows on common places.
struct Rows {
  at::Tensor value_NG, weight_NG;  // float64
};

// Rebuilds the rows of `in` through scale, PCA and rounding.
at::Tensor through_components(const Rows& in, const std::vector<int64_t>& train, int64_t bits) {
  const int64_t n = in.value_NG.size(0), g = in.value_NG.size(1);
  std::vector<double> scale;
  for (int64_t i = 0; i < n; ++i) {
    const double* value = in.value_NG.const_data_ptr<double>() + i * g;
    const double* weight = in.weight_NG.const_data_ptr<double>() + i * g;
    std::vector<double> good;
    for (int64_t p = 0; p < g; ++p)
      if (weight[p] > 0) good.push_back(std::abs(value[p]));
    const double middle = good.empty() ? 1 : median(std::move(good));
    scale.push_back(middle > 0 ? middle : 1);
  }
  const auto scale_N1 = at::tensor(scale, at::kDouble).unsqueeze(1);
  const auto scaled = in.value_NG / scale_N1;
  // The weight of a scaled value: its information, so that noisy spectra do not make the mean.
  const auto weight = in.weight_NG * scale_N1.square();
  const auto mean = weighted_column_mean(take_rows(scaled, train), take_rows(weight, train));
  const auto filled = filled_with_mean(scaled, weight, mean);
  const auto codec = PcaCodec::fit(take_rows(filled, train), std::max<int64_t>(0, bits - kScaleBits), kMostComponents);
  return (codec.decode(codec.codes(filled)) * scale_N1).contiguous();
}

// The same for chi^2: in units of the noise of each column, a row by its signal-to-noise.
at::Tensor through_chi_components(const Rows& in, const std::vector<int64_t>& train, int64_t bits) {
  const auto sharpness_G = take_rows(in.weight_NG, train).mean(0).clamp_min(1e-30).sqrt();
  const auto good_NG = in.weight_NG.gt(0).to(at::kDouble);
  const auto unit = in.value_NG * sharpness_G * good_NG;
  const auto scale_N1 = unit.square().sum(1, true).sqrt().clamp_min(1);
  const auto scaled = unit / scale_N1;
  const auto weight = good_NG * scale_N1.square();
  const auto mean = weighted_column_mean(take_rows(scaled, train), take_rows(weight, train));
  const auto filled = filled_with_mean(scaled, good_NG, mean);
  const auto codec = PcaCodec::fit(take_rows(filled, train), std::max<int64_t>(0, bits - kScaleBits), kMostComponents,
                                   take_rows(scale_N1, train).square().squeeze(1));
  return (codec.decode(codec.codes(filled)) * scale_N1 / sharpness_G).contiguous();
}

at::Tensor through(const Rows& in, const std::vector<int64_t>& train, int64_t bits, PcaScale scale) {
  return scale == PcaScale::median ? through_components(in, train, bits) : through_chi_components(in, train, bits);
}

template <class Block>
Rows plain_rows(const Block& block, int64_t width) {
  Rows out{at::empty({block.n, width}, at::kDouble), at::empty({block.n, width}, at::kDouble)};
  for (int64_t i = 0; i < block.n * width; ++i) {
    out.value_NG.mutable_data_ptr<double>()[i] = block.flux[size_t(i)];
    out.weight_NG.mutable_data_ptr<double>()[i] = block.mask[size_t(i)] != 0 ? 0 : block.ivar[size_t(i)];
  }
  return out;
}

bool one_grid(const modalities::SpectrumBlock& block) {
  const float* first = block.wavelength_angstrom.data();
  for (int64_t i = 1; i < block.n; ++i)
    if (!std::equal(first, first + block.length, first + i * block.length)) return false;
  return true;
}

// Linear interpolation of y(x) at `at`; x rises. Weight 0 outside, or where a neighbour has weight 0.
std::pair<double, double> interpolated(const std::vector<double>& x, const std::vector<double>& y,
                                       const std::vector<double>& w, double at) {
  const auto right = size_t(std::lower_bound(x.begin(), x.end(), at) - x.begin());
  if (right >= x.size() || (right == 0 && x[0] != at)) return {0, 0};
  if (right == 0) return {y[0], w[0]};
  const double share = (at - x[right - 1]) / (x[right] - x[right - 1]);
  const double value = y[right - 1] + share * (y[right] - y[right - 1]);
  return {value, std::min(w[right - 1], w[right])};
}

struct Pixels {
  std::vector<double> x, y, w;
};
Pixels pixels_of(const modalities::SpectrumBlock& block, int64_t i) {
  Pixels out;
  for (int64_t p = i * block.length; p < (i + 1) * block.length; ++p) {
    const auto at = size_t(p);
    if (block.wavelength_angstrom[at] <= 0) continue;
    out.x.push_back(block.wavelength_angstrom[at]);
    out.y.push_back(block.flux[at]);
    out.w.push_back(block.mask[at] != 0 ? 0 : block.ivar[at]);
  }
  return out;
}

// An equally spaced grid in log wavelength over all that is covered.
std::vector<double> common_grid(const modalities::SpectrumBlock& block) {
  double low = INFINITY, high = 0;
  for (const float wavelength : block.wavelength_angstrom) {
    if (wavelength <= 0) continue;
    low = std::min(low, double(wavelength));
    high = std::max(high, double(wavelength));
  }
  std::vector<double> grid;
  for (int64_t p = 0; p < kGrid; ++p) grid.push_back(low * std::pow(high / low, double(p) / double(kGrid - 1)));
  grid.back() = high;
  return grid;
}

}  // namespace

modalities::SpectrumBlock pca_rebuilt(const modalities::SpectrumBlock& observed, const std::vector<int64_t>& train,
                                      int64_t bits, PcaScale scale) {
  auto out = observed;
  if (one_grid(observed)) {
    const auto rebuilt = through(plain_rows(observed, observed.length), train, bits, scale);
    for (int64_t i = 0; i < rebuilt.numel(); ++i) out.flux[size_t(i)] = float(rebuilt.const_data_ptr<double>()[i]);
    return out;
  }
  const auto grid = common_grid(observed);
  Rows rows{at::zeros({observed.n, kGrid}, at::kDouble), at::zeros({observed.n, kGrid}, at::kDouble)};
  for (int64_t i = 0; i < observed.n; ++i) {
    const auto pixels = pixels_of(observed, i);
    for (int64_t p = 0; p < kGrid; ++p)
      std::tie(rows.value_NG.mutable_data_ptr<double>()[i * kGrid + p],
               rows.weight_NG.mutable_data_ptr<double>()[i * kGrid + p]) =
          interpolated(pixels.x, pixels.y, pixels.w, grid[size_t(p)]);
  }
  const auto rebuilt = through(rows, train, bits, scale);
  const std::vector<double> ones(size_t(kGrid), 1);
  for (int64_t i = 0; i < observed.n; ++i) {
    const double* row = rebuilt.const_data_ptr<double>() + i * kGrid;
    const std::vector<double> values(row, row + kGrid);
    for (int64_t p = i * observed.length; p < (i + 1) * observed.length; ++p)
      if (const double wavelength = observed.wavelength_angstrom[size_t(p)]; wavelength > 0)
        out.flux[size_t(p)] = float(interpolated(grid, values, ones, wavelength).first);
  }
  return out;
}

modalities::ImageBlock pca_rebuilt(const modalities::ImageBlock& observed, const std::vector<int64_t>& train,
                                   int64_t bits, PcaScale scale) {
  auto out = observed;
  const int64_t width = int64_t(observed.bands.size()) * observed.height * observed.width;
  const auto rebuilt = through(plain_rows(observed, width), train, bits, scale);
  for (int64_t i = 0; i < rebuilt.numel(); ++i) out.flux[size_t(i)] = float(rebuilt.const_data_ptr<double>()[i]);
  return out;
}

}  // namespace asterism::eval
