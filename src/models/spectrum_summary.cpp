#include "models/spectrum_summary.h"

#include <cmath>
#include <limits>

#include "base/error.h"
#include "models/wrap.h"
#include "nn/autocast.h"
#include "nn/device.h"

namespace asterism::models {
namespace {

constexpr int64_t kBins = 64;
constexpr double kFlatShare = 0.5;  // of the median |flux|: noise below it changes no weight
constexpr double kLeastScale = 1e-12, kMostScale = 1e30;
constexpr double kMost = 1e20;      // of an inverse variance in units of the scale
constexpr double kBrightest = 1e6;  // of a pixel in units of the scale

at::Tensor good_pixels(const modalities::SpectrumBlock& s) {  // on the CPU
  return wrap(s.mask, {s.n, s.length})
      .eq(0)
      .logical_and(wrap(s.ivar, {s.n, s.length}).gt(0))
      .logical_and(wrap(s.wavelength_angstrom, {s.n, s.length}).gt(0))
      .logical_and(wrap(s.present, {s.n, 1}).gt(0));
}

// Which objects have a good pixel in a bin, found without the device: at once where the first is good.
std::vector<uint8_t> seen_of(const modalities::SpectrumBlock& s, double low, double high) {
  std::vector<uint8_t> out(size_t(s.n), 0);
  for (int64_t i = 0; i < s.n; ++i) {
    if (s.present[size_t(i)] == 0) continue;
    for (int64_t k = 0; k < s.length && out[size_t(i)] == 0; ++k) {
      const auto at = size_t(i * s.length + k);
      const double wavelength = s.wavelength_angstrom[at];
      out[size_t(i)] = s.mask[at] == 0 && s.ivar[at] > 0 && wavelength > 0 && wavelength >= low && wavelength < high;
    }
  }
  return out;
}

}  // namespace

BinnedSpectra binned_spectra(const modalities::SpectrumBlock& spectra, double low, double high,
                             const at::Device& device) {
  const int64_t n = spectra.n, length = spectra.length;
  const auto nothing = at::zeros({n, kBins}, at::TensorOptions().dtype(at::kDouble).device(device));
  if (length == 0) return {nothing, nothing, nothing};
  const auto good = nn::onto(device, good_pixels(spectra)), flux = nn::onto(device, wrap(spectra.flux, {n, length})),
             ivar = nn::onto(device, wrap(spectra.ivar, {n, length}));
  const auto nan = at::full({}, std::numeric_limits<float>::quiet_NaN(), flux.options());
  const auto scale = std::get<0>(at::where(good, flux.abs(), nan).nanmedian(1))
                         .nan_to_num(0.0)
                         .clamp(kLeastScale, kMostScale)
                         .unsqueeze(1);
  const auto place = (nn::onto(device, wrap(spectra.wavelength_angstrom, {n, length})).clamp_min(1e-3) / low)
                         .log()
                         .mul(double(kBins) / std::log(high / low))
                         .clamp(-1, double(kBins))
                         .floor();
  const auto inside = good.logical_and(place.ge(0)).logical_and(place.lt(double(kBins)));
  const auto bin = at::where(inside, place, at::full({}, float(kBins), place.options())).to(at::kLong);
  // in units of the scale, so that no product overflows
  const auto variance = 1 / (ivar * scale * scale).clamp(1 / kMost, kMost);
  const auto weight = inside.to(at::kFloat) / (variance + kFlatShare * kFlatShare);
  auto sum = [&](const at::Tensor& x) {
    return at::zeros({n, kBins + 1}, flux.options()).scatter_add_(1, bin, x).narrow(1, 0, kBins).to(at::kDouble);
  };
  const auto total = sum(weight), seen = total.gt(0).to(at::kDouble), divisor = at::where(total.gt(0), total, seen + 1);
  return {sum(weight * (flux / scale).clamp(-kBrightest, kBrightest)) / divisor * scale.to(at::kDouble),
          sum(weight * variance * weight).sqrt() / divisor * scale.to(at::kDouble), seen};
}

// float64
struct SpectrumSummary::Measured {
  at::Tensor brightness_NB;  // asinh(flux / softening)
  at::Tensor error_NB;       // ln of the relative error
  at::Tensor seen_NB;
  at::Tensor level_N1, level_seen_N1;  // mean brightness over the bins that are seen
};

SpectrumSummary::SpectrumSummary(const nn::Scope& scope, std::string modality, int64_t width, bool linear)
    : modality_(std::move(modality)),
      bins_(scope / "bins", 3 * kBins + 1, width, true),
      network_(scope / "network", width, linear),
      range_2_(scope.statistic("range", at::zeros({2}, at::kDouble))),
      softening_(scope.statistic("softening", at::zeros({}, at::kDouble))),
      level_21_(scope.buffer("level", at::zeros({2, 1}, at::kDouble))),
      shape_2B_(scope.buffer("shape", at::zeros({2, kBins}, at::kDouble))),
      error_2B_(scope.buffer("error", at::zeros({2, kBins}, at::kDouble))) {}

const modalities::SpectrumBlock& SpectrumSummary::spectrum_of(const modalities::Block& block) const {
  if (!std::holds_alternative<modalities::SpectrumBlock>(block))
    base::user_error("'{}' is a spectrum for this model, but the batch holds a {}: check the modality's name",
                     modality_, modalities::kind(block));
  return std::get<modalities::SpectrumBlock>(block);
}

SpectrumSummary::Measured SpectrumSummary::measure(const modalities::SpectrumBlock& spectra,
                                                   const Jitter& jitter) const {
  const auto device = bins_.weight.device();
  auto binned = binned_spectra(spectra, range_2_[0].item<double>(), range_2_[1].item<double>(), device);
  if (jitter.drawn()) {  // of level, slope and bend along ln wavelength, and of what the errors are said to be
    const auto drawn_N4 = nn::onto(device, jitter(modality_, 4)).clamp(-2, 2);
    const auto x_B = at::linspace(-1, 1, kBins, drawn_N4.options());
    const auto shapes_3B = at::stack({at::ones_like(x_B), x_B, 1.5 * x_B.square() - 0.5});
    const auto factor = drawn_N4.narrow(1, 0, 3).mm(shapes_3B).exp();
    binned.flux = binned.flux * factor;
    binned.sigma = binned.sigma * factor * (kErrorJitter * drawn_N4.narrow(1, 3, 1)).exp();
  }
  Measured out;
  out.seen_NB = binned.seen;
  out.brightness_NB = (binned.flux / softening_).asinh();
  out.error_NB =
      (binned.sigma / (binned.flux.square() + softening_.square()).sqrt()).clamp(1e-6, 1e6).log() * binned.seen;
  const auto bins = binned.seen.sum(1, true);
  out.level_N1 = out.brightness_NB.sum(1, true) / bins.clamp_min(1);
  out.level_seen_N1 = bins.gt(0).to(at::kDouble);
  return out;
}

void SpectrumSummary::fit(const modalities::Block& sample) {
  const at::NoGradGuard no_grad;
  const auto& spectra = spectrum_of(sample);
  const auto wavelength =
      wrap(spectra.wavelength_angstrom, {spectra.n, spectra.length}).masked_select(good_pixels(spectra));
  if (wavelength.numel() == 0)
    base::user_error("no spectrum of '{}' in the sample that sets the scales has a good pixel: give a sample that has",
                     modality_);
  const double low = wavelength.min().item<double>(), high = wavelength.max().item<double>();
  range_2_[0] = low;
  range_2_[1] = std::max(high, low * 1.000001) * (1 + 1e-9);
  const auto binned = binned_spectra(spectra, low, range_2_[1].item<double>(), bins_.weight.device());
  const double soft = median_of(binned.sigma, binned.seen);
  softening_.fill_(soft > 0 ? soft : 1);
  const auto m = measure(spectra, {});
  level_21_.copy_(usual(m.level_N1, m.level_seen_N1));
  shape_2B_.copy_(usual(m.brightness_NB - m.level_N1, m.seen_NB));
  error_2B_.copy_(usual(m.error_NB, m.seen_NB));
}

Summary::Output SpectrumSummary::operator()(const modalities::Block& block, const Jitter& jitter) const {
  const nn::Autocast off(nn::Precision::fp32, bins_.weight.device().type());
  const auto& spectra = spectrum_of(block);
  if (!(softening_.item<double>() > 0))
    base::user_error("the model has no scale for '{}' yet: call fit (training does) before using it", modality_);
  const auto m = measure(spectra, jitter);
  const auto options = bins_.weight.options().requires_grad(false);
  auto x = at::cat(
      {scaled(m.level_N1, level_21_, m.level_seen_N1), scaled(m.brightness_NB - m.level_N1, shape_2B_, m.seen_NB),
       scaled(m.error_NB, error_2B_, m.seen_NB), m.seen_NB},
      1);
  x = jitter.noised(x, modality_);
  Output out;
  if (bins_.weight.is_cpu()) {
    const auto seen = m.level_seen_N1.squeeze(1).to(at::kByte).contiguous();
    out.seen_N.assign(seen.const_data_ptr<uint8_t>(), seen.const_data_ptr<uint8_t>() + seen.numel());
  } else {  // nothing is asked of the device
    out.seen_N = seen_of(spectra, range_2_[0].item<double>(), range_2_[1].item<double>());
  }
  out.vectors_NH = network_(bins_(x.to(options))) * m.level_seen_N1.to(options);
  return out;
}

}  // namespace asterism::models
