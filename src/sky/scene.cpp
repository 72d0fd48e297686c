#include "sky/scene.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "astro/sphere.h"
#include "sky/sersic.h"

namespace asterism::sky {
namespace {

constexpr double kReach = 5.5;  // sigma beyond which a Gaussian is left out: 3e-7 of its peak
constexpr int kLanes = 8;

// Round Gaussians of a part, flattened and turned; those far smaller than the PSF become one.
void add_part(const Population& part, double position_angle_deg, double amount, double psf_sigma,
              std::vector<EllipticalGaussian>& out) {
  // North is up and east to the left: an angle east of north turns from +y to -x.
  const double angle = position_angle_deg * astro::kDegree, cx = -std::sin(angle), cy = std::cos(angle),
               q2 = part.axis_ratio * part.axis_ratio;
  const auto ellipse = [&](double share, double variance) {
    return EllipticalGaussian{share * amount, variance * (cx * cx + q2 * cy * cy), variance * cx * cy * (1 - q2),
                              variance * (cy * cy + q2 * cx * cx)};
  };
  double small_share = 0, small_variance = 0;
  for (const RoundGaussian& g : sersic_gaussians(part.sersic_n)) {
    if (g.share < 1e-6) continue;
    const double sigma = g.sigma * part.half_light_arcsec, variance = sigma * sigma;
    if (sigma < 0.25 * psf_sigma) {
      small_share += g.share;
      small_variance += g.share * variance;
    } else {
      out.push_back(ellipse(g.share, variance));
    }
  }
  if (small_share > 0) out.push_back(ellipse(small_share, small_variance / small_share));
}

// One Gaussian over its box: along a row the value and its ratio to the one eight pixels on follow by two products.
void render_one(const EllipticalGaussian& g, double scale, double x0, double y0, int height, int width, float* pixels) {
  const double det = g.xx * g.yy - g.xy * g.xy;
  const double peak = g.amount / (2 * std::numbers::pi * std::sqrt(det)) * scale * scale;
  // exp(-(a dx^2 + 2 b dx dy + c dy^2) / 2) in pixels
  const double a = g.yy / det * scale * scale, b = -g.xy / det * scale * scale, c = g.xx / det * scale * scale;
  const int y_low = std::max(0, int(std::ceil(y0 - kReach * std::sqrt(g.yy) / scale)));
  const int y_high = std::min(height - 1, int(std::floor(y0 + kReach * std::sqrt(g.yy) / scale)));
  const float step = float(std::exp(-a * kLanes * kLanes));
  const double half_width = kReach / std::sqrt(a);
  for (int y = y_low; y <= y_high; ++y) {
    const double dy = y - y0, ridge = x0 - b / a * dy;  // where this row is brightest
    const int x_low = std::max(0, int(std::ceil(ridge - half_width))),
              x_high = std::min(width - 1, int(std::floor(ridge + half_width)));
    if (x_low > x_high) continue;
    const double row = peak * std::exp(-0.5 * (c - b * b / a) * dy * dy);
    if (!(row > 1e-12 * std::abs(peak))) continue;
    float value[kLanes], ratio[kLanes];
    for (int k = 0; k < kLanes; ++k) {
      const double d = x_low + k - ridge;
      value[k] = float(row * std::exp(-0.5 * a * d * d));
      ratio[k] = float(std::exp(-a * kLanes * (d + 0.5 * kLanes)));
    }
    float* line = pixels + size_t(y) * size_t(width);
    int x = x_low;
    for (; x + kLanes - 1 <= x_high; x += kLanes)
      for (int k = 0; k < kLanes; ++k) {
        line[x + k] += value[k];
        value[k] *= ratio[k];
        ratio[k] *= step;
      }
    for (int k = 0; x + k <= x_high; ++k) line[x + k] += value[k];
  }
}

}  // namespace

std::vector<EllipticalGaussian> scene_of(const ObjectTruth& truth, double disc, double bulge, double fwhm) {
  std::vector<EllipticalGaussian> intrinsic;
  const double narrow = psf_gaussians().front().sigma * fwhm;
  if (truth.kind == ObjectClass::galaxy) {
    const GalaxyTruth& g = truth.galaxy;
    if (disc != 0) add_part(g.disc, g.position_angle_deg, disc, narrow, intrinsic);
    if (bulge != 0) add_part(g.bulge, g.position_angle_deg, bulge, narrow, intrinsic);
  } else {
    intrinsic.push_back({disc, 0, 0, 0});
  }
  return through_psf(intrinsic, fwhm);
}

std::vector<EllipticalGaussian> through_psf(std::span<const EllipticalGaussian> intrinsic, double fwhm) {
  const auto psf = psf_gaussians();
  std::vector<EllipticalGaussian> out;
  out.reserve(intrinsic.size() * psf.size());
  for (const EllipticalGaussian& g : intrinsic) {
    const double smallest = std::sqrt(std::min(g.xx, g.yy));
    if (smallest > 12 * fwhm) {  // the PSF does not show
      out.push_back(g);
      continue;
    }
    for (const RoundGaussian& p : psf) {
      const double v = p.sigma * p.sigma * fwhm * fwhm;
      out.push_back({g.amount * p.share, g.xx + v, g.xy, g.yy + v});
    }
  }
  return out;
}

void render(std::span<const EllipticalGaussian> scene, double scale, double x0, double y0, int height, int width,
            float* pixels) {
  for (const EllipticalGaussian& g : scene) render_one(g, scale, x0, y0, height, width, pixels);
}

double aperture_share(std::span<const EllipticalGaussian> scene, double diameter) {
  constexpr int kAngles = 12;
  const double r2 = 0.25 * diameter * diameter;
  double inside = 0, total = 0;
  for (const EllipticalGaussian& g : scene) {
    const double mean = 0.5 * (g.xx + g.yy), spread = std::hypot(0.5 * (g.xx - g.yy), g.xy);
    const double major = mean + spread, minor = std::max(1e-12, mean - spread);
    double sum = 0;
    for (int k = 0; k < kAngles; ++k) {
      const double angle = (k + 0.5) * std::numbers::pi / (2 * kAngles), c = std::cos(angle), s = std::sin(angle);
      const double variance = 1 / (c * c / major + s * s / minor);  // along this direction
      sum += variance * (1 - std::exp(-0.5 * r2 / variance));
    }
    inside += g.amount * sum / kAngles / std::sqrt(major * minor);
    total += g.amount;
  }
  return total > 0 ? inside / total : 0;
}

double effective_area(std::span<const EllipticalGaussian> scene) {
  double squares = 0, total = 0;
  for (size_t i = 0; i < scene.size(); ++i) {
    total += scene[i].amount;
    for (size_t j = 0; j <= i; ++j) {
      const double xx = scene[i].xx + scene[j].xx, xy = scene[i].xy + scene[j].xy, yy = scene[i].yy + scene[j].yy;
      squares +=
          (i == j ? 1 : 2) * scene[i].amount * scene[j].amount / (2 * std::numbers::pi * std::sqrt(xx * yy - xy * xy));
    }
  }
  return total * total / squares;
}

}  // namespace asterism::sky
