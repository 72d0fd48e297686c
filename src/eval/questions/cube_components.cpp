#include "eval/questions/cube_components.h"

#include <algorithm>
#include <cmath>

#include "eval/methods/pca_codec.h"
#include "modalities/cube.h"

namespace asterism::eval {
namespace {

using modalities::CubeBlock;

constexpr int64_t kMostTraining = 12000, kMostComponents = 64;  // spaxels
constexpr int64_t kScaleBits[] = {4, 6, 8, 10};                 // tried
constexpr double kMargin = 0.3;                                 // of ln(scale) around those of training spaxels
constexpr int64_t kFewestLeft = 2;                              // bits for the components

bool one_grid(const CubeBlock& cubes, const std::vector<int64_t>& rows, int64_t first) {
  const float* grid = cubes.wavelength_angstrom.data() + first * cubes.length;
  return std::all_of(rows.begin(), rows.end(), [&](int64_t row) {
    return std::equal(grid, grid + cubes.length, cubes.wavelength_angstrom.data() + row * cubes.length);
  });
}

struct Spaxels {
  at::Tensor value_NL, weight_NL;  // float64; weight 0: missing
  std::vector<int64_t> place;      // row * plane + pixel
};

// Every step-th spaxel with a good value of the given rows.
Spaxels spaxels_of(const CubeBlock& cubes, const std::vector<int64_t>& rows, int64_t step) {
  const int64_t plane = cubes.height * cubes.width, L = cubes.length;
  Spaxels out;
  std::vector<double> value, weight;
  int64_t seen = 0;
  for (const int64_t row : rows)
    for (int64_t p = 0; p < plane; ++p) {
      const auto at = [&](int64_t k) { return size_t((row * L + k) * plane + p); };
      bool any = false;
      for (int64_t k = 0; k < L && !any; ++k) any = cubes.mask[at(k)] == 0 && cubes.ivar[at(k)] > 0;
      if (!any || seen++ % step != 0) continue;
      out.place.push_back(row * plane + p);
      for (int64_t k = 0; k < L; ++k) {
        value.push_back(double(cubes.flux[at(k)]));
        weight.push_back(cubes.mask[at(k)] != 0 ? 0 : double(cubes.ivar[at(k)]));
      }
    }
  const auto n = int64_t(out.place.size());
  out.value_NL = at::tensor(value, at::kDouble).view({n, L});
  out.weight_NL = at::tensor(weight, at::kDouble).view({n, L});
  return out;
}

// Scale in log steps, then components.
class SpaxelCodec {
 public:
  SpaxelCodec(const Spaxels& train, int64_t bits, int64_t scale_bits) : steps_(double(int64_t{1} << scale_bits)) {
    sharpness_L_ = train.weight_NL.mean(0).clamp_min(1e-30).sqrt();
    const auto logarithm = scale_of(train).log();
    low_ = logarithm.quantile(0.001).item<double>() - kMargin;
    high_ = logarithm.quantile(0.999).item<double>() + kMargin;
    const auto scale_N1 = rounded(scale_of(train));
    const auto good = train.weight_NL.gt(0).to(at::kDouble);
    const auto scaled = unit_of(train) / scale_N1;
    mean_ = weighted_column_mean(scaled, good * scale_N1.square());
    codec_ = PcaCodec::fit(filled_with_mean(scaled, good, mean_), bits - scale_bits, kMostComponents,
                           scale_N1.square().squeeze(1));
  }

  at::Tensor through(const Spaxels& given) const {  // [N, L]
    const auto scale_N1 = rounded(scale_of(given));
    const auto good = given.weight_NL.gt(0).to(at::kDouble);
    const auto filled = filled_with_mean(unit_of(given) / scale_N1, good, mean_);
    return codec_.decode(codec_.codes(filled)) * scale_N1 / sharpness_L_;
  }

  double chi_square(const Spaxels& given) const {
    return ((given.value_NL - through(given)).square() * given.weight_NL).sum().item<double>();
  }

 private:
  at::Tensor unit_of(const Spaxels& given) const { return given.value_NL * sharpness_L_ * given.weight_NL.gt(0); }
  at::Tensor scale_of(const Spaxels& given) const { return unit_of(given).square().sum(1, true).sqrt().clamp_min(1); }
  at::Tensor rounded(const at::Tensor& scale) const {
    const double step = (high_ - low_) / steps_;
    return (at::floor((scale.log() - low_) / step).clamp(0, steps_ - 1).add(0.5) * step + low_).exp();
  }
  double steps_, low_ = 0, high_ = 0;
  at::Tensor sharpness_L_, mean_;
  PcaCodec codec_;
};

void fill(CubeBlock& cubes, int64_t row, const Spaxels& places, const at::Tensor& value_NL) {
  const int64_t plane = cubes.height * cubes.width, L = cubes.length;
  const auto values = value_NL.contiguous();
  for (size_t i = 0; i < places.place.size(); ++i)
    for (int64_t k = 0; k < L; ++k) {
      const auto at = size_t((row * L + k) * plane + places.place[i] % plane);
      cubes.flux[at] = float(values.const_data_ptr<double>()[int64_t(i) * L + k]);
      cubes.ivar[at] = 1;
      cubes.mask[at] = 0;
    }
}

// Back to single spaxels: bilinear between the middles of bins with values, and per spaxel.
CubeBlock spread(const CubeBlock& bins, int64_t bin, int64_t height, int64_t width) {
  auto out =
      modalities::make_cubes(bins.n, bins.length, height, width, bins.unit, bins.pixel_scale_arcsec / double(bin));
  out.present = bins.present;
  out.wavelength_angstrom = bins.wavelength_angstrom;
  out.lsf_sigma_angstrom = bins.lsf_sigma_angstrom;
  for (int64_t k = 0; k < bins.n * bins.length; ++k)
    for (int64_t p = 0; p < height * width; ++p) {
      const int64_t line = p / width, column = p % width;
      const double y = (double(line) + 0.5) / double(bin) - 0.5, x = (double(column) + 0.5) / double(bin) - 0.5;
      double sum = 0, share = 0;
      for (const int64_t v : {int64_t(std::floor(y)), int64_t(std::floor(y)) + 1})
        for (const int64_t u : {int64_t(std::floor(x)), int64_t(std::floor(x)) + 1}) {
          if (v < 0 || u < 0 || v >= bins.height || u >= bins.width) continue;
          const auto at = size_t((k * bins.height + v) * bins.width + u);
          if (bins.mask[at] != 0) continue;
          const double weight = (1 - std::abs(y - double(v))) * (1 - std::abs(x - double(u)));
          sum += weight * double(bins.flux[at]);
          share += weight;
        }
      if (share <= 0) continue;
      const auto to = size_t(k * height * width + p);
      out.flux[to] = float(sum / share);
      out.ivar[to] = 1;
      out.mask[to] = 0;
    }
  return out;
}

}  // namespace

CubeBlock flat_spectra(const CubeBlock& cubes) {
  auto out = cubes;
  const int64_t plane = cubes.height * cubes.width, L = cubes.length;
  for (int64_t i = 0; i < cubes.n * plane; ++i) {
    const auto at = [&](int64_t k) { return size_t((i / plane * L + k) * plane + i % plane); };
    double sum = 0, weight = 0;
    for (int64_t k = 0; k < L; ++k) {
      if (cubes.mask[at(k)] != 0) continue;
      sum += double(cubes.flux[at(k)]) * double(cubes.ivar[at(k)]);
      weight += double(cubes.ivar[at(k)]);
    }
    for (int64_t k = 0; k < L; ++k)
      if (cubes.mask[at(k)] == 0) out.flux[at(k)] = weight > 0 ? float(sum / weight) : 0;
  }
  return out;
}

CubeBlock binned(const CubeBlock& cubes, int64_t bin) {
  const int64_t H = (cubes.height + bin - 1) / bin, W = (cubes.width + bin - 1) / bin;
  auto out = modalities::make_cubes(cubes.n, cubes.length, H, W, cubes.unit, cubes.pixel_scale_arcsec * double(bin));
  out.present = cubes.present;
  out.wavelength_angstrom = cubes.wavelength_angstrom;
  out.lsf_sigma_angstrom = cubes.lsf_sigma_angstrom;
  for (int64_t k = 0; k < cubes.n * cubes.length; ++k)
    for (int64_t p = 0; p < H * W; ++p) {
      double sum = 0, weight = 0;
      for (int64_t y = p / W * bin; y < std::min(cubes.height, (p / W + 1) * bin); ++y)
        for (int64_t x = p % W * bin; x < std::min(cubes.width, (p % W + 1) * bin); ++x) {
          const auto at = size_t((k * cubes.height + y) * cubes.width + x);
          if (cubes.mask[at] != 0) continue;
          sum += double(cubes.flux[at]) * double(cubes.ivar[at]);
          weight += double(cubes.ivar[at]);
        }
      if (weight <= 0) continue;
      const auto to = size_t(k * H * W + p);
      out.flux[to] = float(sum / weight);
      out.ivar[to] = float(weight);
      out.mask[to] = 0;
    }
  return out;
}

std::optional<CubeBlock> components_of_spaxels(const CubeBlock& cubes, const std::vector<int64_t>& train,
                                               const std::vector<int64_t>& rows, int64_t bits, int64_t bin) {
  if (train.empty() || rows.empty() || !one_grid(cubes, train, train[0]) || !one_grid(cubes, rows, train[0]))
    return std::nullopt;
  const auto prepared = [&](const std::vector<int64_t>& chosen) {
    const auto some = modalities::select(cubes, chosen);
    return bin > 1 ? binned(some, bin) : some;
  };
  const auto learned = prepared(train);
  const int64_t places = learned.height * learned.width, each = bits / places;
  std::vector<int64_t> all(train.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = int64_t(i);
  const int64_t step = std::max<int64_t>(1, int64_t(train.size()) * places / kMostTraining);
  const auto spaxels = spaxels_of(learned, all, step);
  std::optional<SpaxelCodec> best;
  double least = INFINITY;
  for (const int64_t scale_bits : kScaleBits) {
    if (each < scale_bits + kFewestLeft || spaxels.place.size() < 2) continue;
    SpaxelCodec codec(spaxels, each, scale_bits);
    const double chi2 = codec.chi_square(spaxels);
    if (!(chi2 < least)) continue;
    least = chi2;
    best = std::move(codec);
  }
  if (!best) return std::nullopt;
  auto out = prepared(rows);
  for (int64_t row = 0; row < out.n; ++row) {
    const auto given = spaxels_of(out, {row}, 1);
    fill(out, row, given, best->through(given));
  }
  return bin > 1 ? spread(out, bin, cubes.height, cubes.width) : out;
}

}  // namespace asterism::eval
