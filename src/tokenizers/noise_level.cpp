#include "tokenizers/noise_level.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "base/quantile.h"

namespace asterism::tokenizers {

namespace {

constexpr size_t kSample = 100000;
constexpr int64_t kPerImage = 1000;  // pixels of an image that its sky noise is learned from

}  // namespace

double noise_level(const modalities::ImageBlock& b, int64_t band) {
  const size_t area = size_t(b.height * b.width), bands = b.bands.size();
  const auto usable = [&](size_t i) {
    return b.mask[i] == 0 && b.ivar[i] > 0 && std::isfinite(b.ivar[i]) && std::isfinite(b.flux[i]);
  };
  const size_t total = size_t(b.n) * area,
               step = std::max<size_t>(1, total / kSample) | 1;  // odd: no whole rows are skipped
  std::vector<double> noise, differences, values;
  for (size_t i = 0; i + 1 < total; i += step) {
    const size_t object = i / area, pixel = i % area, at = (object * bands + size_t(band)) * area + pixel;
    if (!b.present[object] || !usable(at)) continue;
    noise.push_back(1 / std::sqrt(double(b.ivar[at])));
    values.push_back(b.flux[at]);
    if (pixel + 1 < area && usable(at + 1)) differences.push_back(std::abs(double(b.flux[at + 1]) - b.flux[at]));
  }
  const auto& name = b.bands[size_t(band)].name;
  if (noise.empty()) base::user_error("images: band '{}' has no good pixel to learn its noise from.", name);
  if (b.has_ivar) return base::middle(std::move(noise));
  double mean = 0, square = 0;
  for (const double v : values) mean += v / double(values.size());
  for (const double v : values) square += (v - mean) * (v - mean) / double(values.size());
  const double jitter = differences.empty() ? 0 : 1.4826 * base::middle(std::move(differences)) / std::sqrt(2.0);
  const double level = std::max(jitter, 0.01 * std::sqrt(square));
  if (!(level > 1e-9 * std::abs(mean)))
    base::user_error("images: all pixels of band '{}' are alike; it has no scale.", name);
  return level;
}

double typical_psf(const modalities::ImageBlock& block, int64_t band) {
  if (block.psf_fwhm_arcsec.size() != size_t(block.n) * block.bands.size())
    base::user_error("images: psf_fwhm_arcsec has {} values for {} images of {} bands.", block.psf_fwhm_arcsec.size(),
                     block.n, block.bands.size());
  std::vector<double> told;
  for (int64_t i = 0; i < block.n; ++i) {
    const float psf = block.psf_fwhm_arcsec[size_t(i) * block.bands.size() + size_t(band)];
    if (block.present[size_t(i)] != 0 && psf > 0) told.push_back(psf);
  }
  return told.empty() ? 0 : base::middle(std::move(told));
}

at::Tensor sky_noise(const at::Tensor& ivar_MCHW) {
  const auto all = ivar_MCHW.flatten(2);
  const int64_t pixels = all.size(2);
  const int64_t step = std::max<int64_t>(1, pixels / kPerImage) | 1;  // odd: no whole rows are skipped
  const auto places = at::arange(0, pixels, step, at::kLong);
  auto sample = all.index_select(2, places);
  if (places.size(0) < pixels && !(sample > 0).any(2).all().item<bool>()) sample = all;  // hardly any pixel is good
  const auto sorted = std::get<0>(sample.sort(2, true));
  const auto good = (sample > 0).sum(2, true);
  const auto ivar = sorted.gather(2, at::floor_divide(good, 5)).squeeze(2).to(at::kFloat);
  return at::where(ivar > 0, ivar.clamp_min(1e-30).rsqrt(), at::zeros({}, ivar.options()));
}

}  // namespace asterism::tokenizers
