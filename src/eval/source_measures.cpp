#include "eval/source_measures.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "modalities/image.h"

namespace asterism::eval {
namespace {

using modalities::ImageBlock;

constexpr int kRounds = 8;
constexpr double kMeasured = 10, kShaped = 30;  // signal-to-noise of a flux and of a shape that are compared
constexpr double kApertureShare = 1.0 / 8;      // of the image's width: the radius of the disc
constexpr double kSigmaPixels = 3;

struct Moments {
  double sum = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
};

bool usable(const float* ivar, const uint8_t* mask, int64_t i) { return mask[i] == 0 && ivar[i] > 0; }

ImageBlock cut_out(const ImageBlock& from, int64_t top, int64_t left, int64_t height, int64_t width) {
  auto out =
      modalities::make_images(from.n, from.bands, height, width, from.unit, from.pixel_scale_arcsec, from.has_ivar);
  out.present = from.present;
  out.psf_fwhm_arcsec = from.psf_fwhm_arcsec;
  for (int64_t p = 0; p < from.n * int64_t(from.bands.size()); ++p)
    for (int64_t y = 0; y < height; ++y) {
      const int64_t at = (p * from.height + top + y) * from.width + left, to = (p * height + y) * width;
      std::copy_n(from.flux.begin() + at, width, out.flux.begin() + to);
      std::copy_n(from.ivar.begin() + at, width, out.ivar.begin() + to);
      std::copy_n(from.mask.begin() + at, width, out.mask.begin() + to);
    }
  return out;
}

}  // namespace

SourceMeasures measure_source(const float* flux, const float* ivar, const uint8_t* mask, int64_t height, int64_t width,
                              double radius, double sigma) {
  SourceMeasures out;
  const double middle_y = 0.5 * double(height - 1), middle_x = 0.5 * double(width - 1);
  double variance = 0;
  for (int64_t i = 0; i < height * width; ++i) {
    const int64_t y = i / width, x = i % width;
    if (!usable(ivar, mask, i) || std::hypot(double(y) - middle_y, double(x) - middle_x) > radius) continue;
    out.flux += flux[i];
    variance += 1 / double(ivar[i]);
  }
  out.has_flux = variance > 0;
  out.flux_error = std::sqrt(variance);
  for (int round = 0; round < kRounds; ++round) {
    Moments m;
    for (int64_t i = 0; i < height * width; ++i) {
      const int64_t y = i / width, x = i % width;
      const double dx = double(x) - middle_x - out.x, dy = double(y) - middle_y - out.y;
      const double r2 = dx * dx + dy * dy;
      if (!usable(ivar, mask, i) || r2 > 16 * sigma * sigma) continue;
      const double w = double(flux[i]) * std::exp(-0.5 * r2 / (sigma * sigma));
      m.sum += w, m.x += w * dx, m.y += w * dy;
      m.xx += w * dx * dx, m.yy += w * dy * dy, m.xy += w * dx * dy;
    }
    const double size = m.xx + m.yy;
    out.has_shape = m.sum > 0 && size > 0;
    if (!out.has_shape) return out;
    if (round + 1 == kRounds) {
      out.e1 = (m.xx - m.yy) / size;
      out.e2 = 2 * m.xy / size;
    } else {
      out.x += m.x / m.sum;
      out.y += m.y / m.sum;
    }
    out.has_shape = std::hypot(out.x, out.y) <= radius;
    if (!out.has_shape) return out;
  }
  return out;
}

Differences source_differences(const ImageBlock& observed, const ImageBlock& rebuilt,
                               const std::vector<int64_t>& rows) {
  Differences out;
  const int64_t area = observed.height * observed.width, bands = int64_t(observed.bands.size());
  const double radius = double(observed.width) * kApertureShare;
  ASTERISM_CHECK(rebuilt.height == observed.height && rebuilt.width == observed.width, "two sizes of images");
  std::vector<uint8_t> mask(size_t(area), 0);
  for (const int64_t row : rows) {
    std::vector<SourceMeasures> before, after;
    for (int64_t c = 0; c < bands; ++c) {
      const int64_t at = (row * bands + c) * area;
      for (int64_t i = 0; i < area; ++i)
        mask[size_t(i)] = observed.mask[size_t(at + i)] != 0 || rebuilt.mask[size_t(at + i)] != 0;
      const float* ivar = observed.ivar.data() + at;  // one and the same for both: which pixels count
      const auto measure = [&](const ImageBlock& of) {
        return measure_source(of.flux.data() + at, ivar, mask.data(), observed.height, observed.width, radius,
                              kSigmaPixels);
      };
      before.push_back(measure(observed));
      after.push_back(measure(rebuilt));
      const auto &a = before.back(), &b = after.back();
      if (!a.has_flux || !(a.flux > kMeasured * a.flux_error)) continue;
      auto& band = out[observed.bands[size_t(c)].name];
      band["flux"].push_back((b.flux - a.flux) / a.flux);
      band["flux error"].push_back(std::abs(b.flux - a.flux) / a.flux);
      if (!a.has_shape) continue;
      // a source that did not come back is off by the disc, and has no shape
      band["centroid"].push_back(b.has_shape ? std::hypot(b.x - a.x, b.y - a.y) : radius);
      if (a.flux > kShaped * a.flux_error)
        band["ellipticity"].push_back(b.has_shape ? std::hypot(b.e1 - a.e1, b.e2 - a.e2) : 1);
    }
    for (size_t c = 0; c + 1 < size_t(bands); ++c) {
      const auto bright = [&](size_t k) {
        return before[k].has_flux && before[k].flux > kMeasured * before[k].flux_error && after[k].flux > 0;
      };
      if (!bright(c) || !bright(c + 1)) continue;
      const double was = before[c].flux / before[c + 1].flux, is = after[c].flux / after[c + 1].flux;
      out[observed.bands[c].name + " - " + observed.bands[c + 1].name]["colour"].push_back(-2.5 * std::log10(is / was));
    }
  }
  return out;
}

Covered covered(const ImageBlock& observed, const ImageBlock& rebuilt) {
  int64_t top = rebuilt.height, bottom = -1, left = rebuilt.width, right = -1;
  for (size_t i = 0; i < rebuilt.mask.size(); ++i) {
    if (rebuilt.mask[i] != 0) continue;
    const int64_t x = int64_t(i) % rebuilt.width, y = int64_t(i) / rebuilt.width % rebuilt.height;
    top = std::min(top, y), bottom = std::max(bottom, y);
    left = std::min(left, x), right = std::max(right, x);
  }
  if (bottom < 0) return {observed, rebuilt};
  const int64_t height = bottom - top + 1, width = right - left + 1;
  return {cut_out(observed, top, left, height, width), cut_out(rebuilt, top, left, height, width)};
}

}  // namespace asterism::eval
