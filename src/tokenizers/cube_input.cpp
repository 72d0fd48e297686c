#include "tokenizers/cube_input.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "tokenizers/rebin.h"

namespace asterism::tokenizers {
namespace {

using modalities::CubeBlock;

constexpr double kLargest = 1e15;          // of a flux over its scale: its square is a float still
constexpr double kNoiseOfMedian = 1.2533;  // over that of the mean
constexpr double kFewestSigma = 2;         // a scale is at least so many errors of the median

float median(std::vector<float>& values) {  // reorders them
  const auto middle = values.begin() + int64_t(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// Of one patch, [S, L]: the median of its good values, but not less than what the noise allows to know. 0: none is
// good.
double scale_of_patch(const float* flux, const float* ivar, int64_t values, std::vector<float>& good,
                      std::vector<float>& noise) {
  good.clear();
  noise.clear();
  for (int64_t i = 0; i < values; ++i) {
    if (ivar[i] <= 0) continue;
    good.push_back(flux[i]);
    noise.push_back(1 / std::sqrt(ivar[i]));
  }
  if (good.empty()) return 0;
  const double error = kNoiseOfMedian * double(median(noise)) / std::sqrt(double(good.size()));
  return std::max({double(median(good)), kFewestSigma * error, 1e-30});
}

class Reader {
 public:
  Reader(const CubeBlock& block, const CubeCodecSettings& settings, const std::vector<double>& edges)
      : block_(block),
        settings_(settings),
        edges_(edges),
        grid_{block.height, block.width, settings.patch},
        at_row_(size_t(grid_.columns() * grid_.spaxels() * settings.pixels)) {}

  CubeInput read();

 private:
  void read_row(int64_t row);
  // One row of patches into flux_ and ivar_ of its patches, [columns, S, L].
  void rebin_patches(int64_t row, int64_t patch_row, const std::vector<Overlap>& shares);
  void add_lsf(int64_t row, const std::vector<Overlap>& shares);

  const CubeBlock& block_;
  const CubeCodecSettings& settings_;
  const std::vector<double>& edges_;
  PatchGrid grid_;
  struct Values {
    explicit Values(size_t size) : flux(size), ivar(size) {}
    std::vector<float> flux, ivar;
  } at_row_;
  std::vector<double> sum_, weight_;
  std::vector<float> good_, noise_;
  // What is kept.
  std::vector<int64_t> rows_, cells_, ids_, first_{0};
  std::vector<float> flux_, ivar_, lsf_;
};

void Reader::rebin_patches(int64_t row, int64_t patch_row, const std::vector<Overlap>& shares) {
  const int64_t L = settings_.pixels, p = grid_.patch, W = block_.width, plane = block_.height * W;
  const int64_t top = patch_row * p, count = std::min(p, block_.height - top) * W;
  sum_.assign(size_t(L * count), 0);
  weight_.assign(size_t(L * count), 0);
  for (const auto& [from, to, inside] : shares) {
    const size_t at = size_t((row * block_.length + from) * plane + top * W);
    double* sum = sum_.data() + to * count;
    double* weight = weight_.data() + to * count;
    for (size_t i = 0; i < size_t(count); ++i) {
      const float flux = block_.flux[at + i], ivar = block_.ivar[at + i];
      if (block_.mask[at + i] != 0 || !(ivar > 0) || !std::isfinite(ivar) || !std::isfinite(flux)) continue;
      const double share = inside * ivar;
      weight[i] += share;
      sum[i] += share * flux;
    }
  }
  std::fill(at_row_.flux.begin(), at_row_.flux.end(), 0.0f);
  std::fill(at_row_.ivar.begin(), at_row_.ivar.end(), 0.0f);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t y = i / W, x = i % W, spaxel = (x / p) * p * p + y * p + x % p;
    for (int64_t l = 0; l < L; ++l) {
      const auto from = size_t(l * count + i), to = size_t(spaxel * L + l);
      if (weight_[from] <= 0) continue;
      at_row_.flux[to] = float(sum_[from] / weight_[from]);
      at_row_.ivar[to] = float(std::min(weight_[from], 1e30));
    }
  }
}

void Reader::add_lsf(int64_t row, const std::vector<Overlap>& shares) {
  std::vector<double> sum(size_t(settings_.pixels), 0), weight = sum;
  for (const auto& [from, to, inside] : shares) {
    const float sigma = block_.lsf_sigma_angstrom[size_t(row * block_.length + from)];
    if (!(sigma > 0) || !std::isfinite(sigma)) continue;
    sum[size_t(to)] += inside * sigma;
    weight[size_t(to)] += inside;
  }
  for (size_t l = 0; l < sum.size(); ++l)
    lsf_.push_back(weight[l] > 0 ? float(std::log1p(sum[l] / weight[l] / (edges_[l + 1] - edges_[l]))) : 0);
}

void Reader::read_row(int64_t row) {
  const auto shares =
      overlaps({block_.wavelength_angstrom.data() + row * block_.length, size_t(block_.length)}, edges_);
  if (!shares)
    base::user_error(
        "cube_conv: wavelength_angstrom of object {} does not increase strictly up to its padding of zeros.", row);
  const int64_t values = grid_.spaxels() * settings_.pixels;
  const double step = (settings_.norm_high - settings_.norm_low) / double(settings_.norm_bins - 1);
  std::vector<int64_t> ids;
  for (int64_t y = 0; y < grid_.rows(); ++y) {
    rebin_patches(row, y, *shares);
    for (int64_t x = 0; x < grid_.columns(); ++x) {
      const float *flux = at_row_.flux.data() + x * values, *ivar = at_row_.ivar.data() + x * values;
      const double scale = scale_of_patch(flux, ivar, values, good_, noise_);
      ids.push_back(0);
      if (scale <= 0) continue;
      const double place = std::floor((std::log10(scale) - settings_.norm_low) / step);
      ids.back() = 1 + int64_t(std::clamp(place, 0.0, double(settings_.norm_bins - 2)));
      cells_.push_back(int64_t(rows_.size()) * grid_.patches() + y * grid_.columns() + x);
      flux_.insert(flux_.end(), flux, flux + values);
      ivar_.insert(ivar_.end(), ivar, ivar + values);
    }
  }
  if (int64_t(cells_.size()) == first_.back()) return;  // nothing on the grid
  first_.push_back(int64_t(cells_.size()));
  ids_.insert(ids_.end(), ids.begin(), ids.end());
  rows_.push_back(row);
  add_lsf(row, *shares);
}

CubeInput Reader::read() {
  for (int64_t row = 0; row < block_.n; ++row)
    if (block_.present[size_t(row)] != 0) read_row(row);
  const auto M = int64_t(rows_.size()), P = int64_t(cells_.size()), S = grid_.spaxels(), L = settings_.pixels;
  CubeInput out;
  out.n = block_.n;
  out.grid = grid_;
  out.rows_M = at::tensor(rows_, at::kLong);
  out.norm_ids_MG = at::tensor(ids_, at::kLong).view({M, grid_.patches()});
  out.cell_P = at::tensor(cells_, at::kLong);
  out.first_P = first_;
  out.lsf_ML = at::tensor(lsf_).view({M, L});
  out.pixel_scale_arcsec = block_.pixel_scale_arcsec;
  const auto scale = spaxel_scales(out.norm_ids_MG, grid_, settings_).index_select(0, out.cell_P).unsqueeze(2);
  out.flux_PSL = at::tensor(flux_).view({P, S, L}).div_(scale).clamp_(-kLargest, kLargest);
  out.ivar_PSL = at::tensor(ivar_).view({P, S, L}).mul_(scale.square()).clamp_max_(1e30);
  return out;
}

}  // namespace

CubeInput read_cubes(const CubeBlock& block, const CubeCodecSettings& settings, const std::vector<double>& edges) {
  at::NoGradGuard no_grad;
  return Reader(block, settings, edges).read();
}

at::Tensor cube_scale(const at::Tensor& norm_ids, const CubeCodecSettings& s) {
  const double step = (s.norm_high - s.norm_low) / double(s.norm_bins - 1);
  return at::pow(10.0, (norm_ids.to(at::kDouble) - 0.5) * step + s.norm_low);
}

at::Tensor spaxel_scales(const at::Tensor& norm_ids_MG, const PatchGrid& grid, const CubeCodecSettings& settings) {
  const int64_t M = norm_ids_MG.size(0), g = grid.rows(), h = grid.columns(), p = grid.patch;
  const auto seen = norm_ids_MG.gt(0).to(at::kDouble).view({M, 1, g, h});
  const auto logarithm = cube_scale(norm_ids_MG, settings).log().view({M, 1, g, h}) * seen;
  const auto drawn = [&](const at::Tensor& x) {
    return M == 0 ? at::zeros({0, 1, g * p, h * p}, at::kDouble) : at::upsample_bilinear2d(x, {g * p, h * p}, false);
  };
  const auto share = drawn(seen);
  const auto scale = (drawn(logarithm) / share.clamp_min(1e-12)).exp();
  const auto of_patches = scale.view({M, g, p, h, p}).permute({0, 1, 3, 2, 4}).reshape({M * g * h, p * p});
  const auto flags = seen.view({M * g * h, 1});
  return (of_patches * flags + (1 - flags)).to(at::kFloat);
}

at::Tensor as_frames(const at::Tensor& values_XSK, const PatchGrid& grid) {
  const int64_t g = grid.rows(), h = grid.columns(), p = grid.patch, K = values_XSK.size(2);
  const int64_t M = values_XSK.size(0) / grid.patches();
  return values_XSK.reshape({M, g, h, p, p, K})
      .permute({0, 5, 1, 3, 2, 4})
      .reshape({M, K, g * p, h * p})
      .narrow(2, 0, grid.height)
      .narrow(3, 0, grid.width);
}

}  // namespace asterism::tokenizers
