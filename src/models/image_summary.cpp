#include "models/image_summary.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "models/legacy_rgb.h"
#include "models/wrap.h"
#include "nn/autocast.h"
#include "nn/device.h"

namespace asterism::models {
namespace {

constexpr int64_t kCircles = 6;
constexpr int64_t kLevelCircle = 3;    // whose mean flux is the level of an object
constexpr double kMost = 1e30;         // of a flux or variance: sums of float32 stay finite
constexpr double kUnknownError = 0.1;  // of the median |flux|: where it turns linear if no variance is known

// The ring that a pixel lies in; kCircles beyond the largest circle.
int64_t ring_of(int64_t y, int64_t x, int64_t height, int64_t width) {
  const double half = 0.5 * double(std::min(height, width));
  const double r = std::hypot(double(y) - 0.5 * double(height - 1), double(x) - 0.5 * double(width - 1));
  for (int64_t k = 0; k < kCircles; ++k)
    if (r <= std::max(1.0, half * std::pow(2.0, double(k + 1 - kCircles)))) return k;
  return kCircles;
}

// The ring of each pixel as a column of ones: [h w, K]; pixels beyond the largest circle have none.
at::Tensor rings(int64_t height, int64_t width) {
  auto out = at::zeros({height * width, kCircles});
  float* p = out.data_ptr<float>();
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      if (const int64_t k = ring_of(y, x, height, width); k < kCircles) p[(y * width + x) * kCircles + k] = 1;
  return out;
}

// Which objects have a good pixel in the largest circle, found without the device: at once where the first is good.
std::vector<uint8_t> seen_of(const modalities::ImageBlock& images, int64_t size) {
  const int64_t c = int64_t(images.bands.size()), height = size > 0 ? std::min(size, images.height) : images.height,
                width = size > 0 ? std::min(size, images.width) : images.width;
  const int64_t top = centre_margin(images.height, height), left = centre_margin(images.width, width);
  std::vector<uint8_t> out(size_t(images.n), 0);
  const auto good = [&](int64_t i, int64_t y, int64_t x) {
    if (ring_of(y, x, height, width) == kCircles) return false;
    for (int64_t band = 0; band < c; ++band) {
      const auto at = size_t(((i * c + band) * images.height + top + y) * images.width + left + x);
      if (images.mask[at] == 0 && images.ivar[at] > 0) return true;
    }
    return false;
  };
  for (int64_t i = 0; i < images.n; ++i) {
    if (images.present[size_t(i)] == 0) continue;
    for (int64_t k = 0; k < height * width && out[size_t(i)] == 0; ++k) {  // from the middle on
      const int64_t y = (k / width + height / 2) % height, x = (k % width + width / 2) % width;
      out[size_t(i)] = good(i, y, x) ? 1 : 0;
    }
  }
  return out;
}

}  // namespace

CircleFluxes circle_fluxes(const modalities::ImageBlock& images, int64_t size, const at::Device& device) {
  const int64_t n = images.n, c = int64_t(images.bands.size());
  const int64_t height = size > 0 ? std::min(size, images.height) : images.height,
                width = size > 0 ? std::min(size, images.width) : images.width;
  auto cut = [&](const auto& buffer) {
    return nn::onto(
        device,
        centre_crop(wrap(buffer, {n, c, images.height, images.width}), height, width).reshape({n * c, height * width}));
  };
  const auto ivar = cut(images.ivar);
  const auto good =
      cut(images.mask)
          .eq(0)
          .logical_and(ivar.gt(0))
          .logical_and(nn::onto(device, wrap(images.present, {n, 1})).gt(0).expand({n, c}).reshape({n * c, 1}))
          .to(at::kFloat);
  const auto ring = nn::onto(device, rings(height, width));
  auto sums = [&](const at::Tensor& x) { return x.mm(ring).to(at::kDouble); };
  const auto area = ring.sum(0).to(at::kDouble), count = sums(good), part = area / count.clamp_min(1);
  const auto flux = sums(cut(images.flux).clamp(-kMost, kMost) * good) * part,
             variance = sums(good / ivar.clamp_min(1 / kMost)) * part.square();
  auto out = [&](const at::Tensor& x) { return x.cumsum(1).view({n, c, kCircles}); };
  return {out(flux), out(variance).sqrt(), out(count) / area.cumsum(0).clamp_min(1)};
}

// Scaled so that bands can be compared. float64.
struct ImageSummary::Measured {
  at::Tensor brightness_NCK;  // asinh(flux / softening)
  at::Tensor error_NCK;       // ln of the relative error
  at::Tensor share_NCK, seen_NCK;
  at::Tensor level_NK, level_seen_NK;  // mean brightness over the bands that are seen
};

ImageSummary::ImageSummary(const nn::Scope& scope, std::string modality, int64_t size, std::vector<std::string> bands,
                           int64_t width, bool linear)
    : modality_(std::move(modality)),
      size_(size),
      bands_(scope / "band", std::move(bands), width),
      band_(scope / "circles", 3 * kCircles, width, false),
      object_(scope / "object", 1 + kCircles, width, true),
      network_(scope / "network", width, linear),
      softening_K_(scope.buffer("softening", at::zeros({kCircles}, at::kDouble))),
      level_21_(scope.buffer("level", at::zeros({2, 1}, at::kDouble))),
      colour_2K_(scope.buffer("colour", at::zeros({2, kCircles}, at::kDouble))),
      error_2K_(scope.buffer("error", at::zeros({2, kCircles}, at::kDouble))),
      profile_2K_(scope.buffer("profile", at::zeros({2, kCircles}, at::kDouble))) {}

const modalities::ImageBlock& ImageSummary::image_of(const modalities::Block& block) const {
  if (!std::holds_alternative<modalities::ImageBlock>(block))
    base::user_error("'{}' is an image for this model, but the batch holds a {}: check the modality's name", modality_,
                     modalities::kind(block));
  const auto& image = std::get<modalities::ImageBlock>(block);
  if (image.bands.empty() || image.height < 1 || image.width < 1)
    base::user_error("'{}' images of {} x {} pixels and {} bands hold nothing: use larger cutouts", modality_,
                     image.height, image.width, image.bands.size());
  return image;
}

ImageSummary::Measured ImageSummary::measure(const modalities::ImageBlock& images, const Jitter& jitter) const {
  auto measured = circle_fluxes(images, size_, band_.weight.device());
  if (jitter.drawn()) {  // of the object, of each of its bands, and of what its errors are said to be
    const int64_t bands = int64_t(images.bands.size());
    const auto drawn_NX = nn::onto(band_.weight.device(), jitter(modality_, 2 + bands)).clamp(-2, 2);
    const auto factor = (drawn_NX.narrow(1, 0, 1) + drawn_NX.narrow(1, 2, bands)).exp().unsqueeze(2);
    measured.flux = measured.flux * factor;
    measured.sigma = measured.sigma * factor * (kErrorJitter * drawn_NX.narrow(1, 1, 1)).exp().unsqueeze(2);
  }
  Measured out;
  out.share_NCK = measured.share;
  out.seen_NCK = measured.share.gt(0).to(at::kDouble);
  out.brightness_NCK = (measured.flux / softening_K_).asinh() * out.seen_NCK;
  out.error_NCK =
      (measured.sigma / (measured.flux.square() + softening_K_.square()).sqrt()).clamp(1e-6, 1e6).log() * out.seen_NCK;
  const auto bands = out.seen_NCK.sum(1);
  out.level_NK = out.brightness_NCK.sum(1) / bands.clamp_min(1);
  out.level_seen_NK = bands.gt(0).to(at::kDouble);
  return out;
}

void ImageSummary::fit(const modalities::Block& sample) {
  const at::NoGradGuard no_grad;
  const auto& images = image_of(sample);
  const auto fluxes = circle_fluxes(images, size_, band_.weight.device());
  const auto seen = fluxes.share.gt(0);
  if (!seen.any().item<bool>())
    base::user_error("no image of '{}' in the sample that sets the scales has a good pixel: give a sample that has",
                     modality_);
  for (int64_t k = 0; k < kCircles; ++k) {
    const auto& errors = images.has_ivar ? fluxes.sigma : fluxes.flux.abs() * kUnknownError;
    const double soft = median_of(errors.select(2, k), seen.select(2, k));
    softening_K_[k] = soft > 0 ? soft : 1;
  }
  const auto m = measure(images, {});
  const auto level = m.level_NK.narrow(1, kLevelCircle, 1), level_seen = m.level_seen_NK.narrow(1, kLevelCircle, 1);
  level_21_.copy_(usual(level, level_seen));
  profile_2K_.copy_(usual(m.level_NK - level, m.level_seen_NK * level_seen));
  colour_2K_.copy_(usual(m.brightness_NCK - m.level_NK.unsqueeze(1), m.seen_NCK));
  error_2K_.copy_(usual(m.error_NCK, m.seen_NCK));
}

// Looked at again where it was written to: not at every step, for which a GPU would have to be waited for.
void ImageSummary::check_fitted() const {
  if (fitted_version_.load() == int64_t(softening_K_._version())) return;
  if (!softening_K_.gt(0).all().item<bool>())
    base::user_error("the model has no scale for '{}' yet: call fit (training does) before using it", modality_);
  fitted_version_ = int64_t(softening_K_._version());
}

Summary::Output ImageSummary::operator()(const modalities::Block& block, const Jitter& jitter) const {
  const nn::Autocast off(nn::Precision::fp32, band_.weight.device().type());
  const auto& images = image_of(block);
  check_fitted();
  const auto m = measure(images, jitter);
  const auto options = band_.weight.options().requires_grad(false);
  const auto colour_error =
      jitter.noised(at::cat({scaled(m.brightness_NCK - m.level_NK.unsqueeze(1), colour_2K_, m.seen_NCK),
                             scaled(m.error_NCK, error_2K_, m.seen_NCK)},
                            2),
                    modality_ + " bands");
  const auto level = m.level_NK.narrow(1, kLevelCircle, 1), level_seen = m.level_seen_NK.narrow(1, kLevelCircle, 1);
  const auto object = jitter.noised(at::cat({scaled(level, level_21_, level_seen),
                                             scaled(m.level_NK - level, profile_2K_, m.level_seen_NK * level_seen)},
                                            1),
                                    modality_);
  const auto film = bands_(images);
  const auto band_seen = m.seen_NCK.amax(2, true).to(options);
  const auto bands_NCH =
      (band_(at::cat({colour_error, m.share_NCK}, 2).to(options)) * film.gate_NCD + film.shift_NCD) * band_seen;
  const auto x_NH = bands_NCH.sum(1) / band_seen.sum(1).clamp_min(1).sqrt() + object_(object.to(options));
  Output out;
  out.seen_N = seen_of(images, size_);
  out.vectors_NH = network_(x_NH) * band_seen.amax({1, 2}).unsqueeze(1);
  return out;
}

}  // namespace asterism::models
