#include "sky/scene.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "sky/sersic.h"

namespace asterism::sky {
namespace {

ObjectTruth disc_galaxy(double n, double radius, double q, double angle) {
  ObjectTruth t;
  t.galaxy.disc.sersic_n = n;
  t.galaxy.disc.half_light_arcsec = radius;
  t.galaxy.disc.axis_ratio = q;
  t.galaxy.position_angle_deg = angle;
  return t;
}

// The exact Sersic profile times the exact Moffat PSF, integrated numerically at one point (arcseconds from the
// centre).
double direct_convolution(const ObjectTruth& t, double fwhm, double x, double y) {
  const Population& p = t.galaxy.disc;
  const double beta = 3.5, alpha = 0.5 * fwhm / std::sqrt(std::pow(2.0, 1 / beta) - 1),
               angle = t.galaxy.position_angle_deg * std::numbers::pi / 180;
  double norm = 0, sum = 0, psf_norm = 0;
  const double step = 0.02, reach = 5 * fwhm;
  for (double r = 0.5 * step; r < reach; r += step)
    psf_norm += std::pow(1 + r * r / (alpha * alpha), -beta) * 2 * std::numbers::pi * r * step;
  // Over the galaxy in elliptical polar coordinates.
  for (double lr = std::log(0.002); lr < std::log(8.0); lr += 0.02) {
    const double r = std::exp(lr + 0.01);
    for (int k = 0; k < 120; ++k) {
      const double phi = 2 * std::numbers::pi * (k + 0.5) / 120, along = r * p.half_light_arcsec * std::cos(phi),
                   across = r * p.half_light_arcsec * p.axis_ratio * std::sin(phi);
      const double light = sersic_profile(p.sersic_n, r) * r * r;
      const double gx = -std::sin(angle) * along + std::cos(angle) * across,
                   gy = std::cos(angle) * along + std::sin(angle) * across;
      const double d2 = (x - gx) * (x - gx) + (y - gy) * (y - gy);
      norm += light;
      if (d2 < reach * reach) sum += light * std::pow(1 + d2 / (alpha * alpha), -beta) / psf_norm;
    }
  }
  return sum / norm;
}

TEST(Scene, RenderedPixelsAreTheDirectConvolution) {
  for (const auto& [n, radius, q, angle] :
       {std::tuple(1.0, 2.0, 0.5, 30.0), std::tuple(4.0, 1.5, 0.7, 120.0), std::tuple(1.0, 0.4, 0.9, 0.0)}) {
    const ObjectTruth t = disc_galaxy(n, radius, q, angle);
    const double fwhm = 1.2, scale = 0.262;
    std::vector<float> image(96 * 96, 0.0f);
    render(scene_of(t, 1, 0, fwhm), scale, 47.5, 47.5, 96, 96, image.data());
    const double peak = direct_convolution(t, fwhm, 0, 0) * scale * scale;
    for (const auto& [px, py] :
         {std::pair(48, 48), std::pair(50, 49), std::pair(44, 54), std::pair(56, 50), std::pair(60, 40)}) {
      const double exact = direct_convolution(t, fwhm, (px - 47.5) * scale, (py - 47.5) * scale) * scale * scale;
      EXPECT_NEAR(double(image[size_t(py * 96 + px)]) / peak, exact / peak, 0.02)
          << "n " << n << " at " << px << " " << py;
    }
  }
}

TEST(Scene, LightIsKeptAndLiesWhereItShould) {
  const ObjectTruth t = disc_galaxy(1, 1.2, 0.4, 20);
  std::vector<float> image(128 * 128, 0.0f);
  render(scene_of(t, 7, 0, 1.1), 0.262, 60.3, 66.6, 128, 128, image.data());
  double sum = 0, x = 0, y = 0, xx = 0, xy = 0, yy = 0;
  for (int j = 0; j < 128; ++j)
    for (int i = 0; i < 128; ++i) {
      const double v = double(image[size_t(j * 128 + i)]);
      sum += v;
      x += v * i;
      y += v * j;
      xx += v * (i - 60.3) * (i - 60.3);
      xy += v * (i - 60.3) * (j - 66.6);
      yy += v * (j - 66.6) * (j - 66.6);
    }
  EXPECT_NEAR(sum, 7, 0.01);
  EXPECT_NEAR(x / sum, 60.3, 0.005);
  EXPECT_NEAR(y / sum, 66.6, 0.005);
  // East is left: the long axis at 20 degrees east of north leans to the upper left.
  const double angle = 0.5 * std::atan2(2 * xy, xx - yy) * 180 / std::numbers::pi;
  EXPECT_NEAR(angle, -70 + (angle > 0 ? 180 : 0), 1.0);
}

TEST(Scene, ApertureAndAreaByPixelSums) {
  const ObjectTruth t = disc_galaxy(2, 1.0, 0.6, 50);
  const auto scene = scene_of(t, 1, 0, 1.1);
  const double scale = 0.05;
  std::vector<float> image(1000 * 1000, 0.0f);
  render(scene, scale, 499.5, 499.5, 1000, 1000, image.data());
  double inside = 0, squares = 0;
  for (int j = 0; j < 1000; ++j)
    for (int i = 0; i < 1000; ++i) {
      const double v = double(image[size_t(j * 1000 + i)]);
      if (std::hypot(i - 499.5, j - 499.5) * scale < 0.75) inside += v;
      squares += v * v;
    }
  EXPECT_NEAR(aperture_share(scene, 1.5), inside, 0.003);
  EXPECT_NEAR(effective_area(scene) * squares / (scale * scale), 1, 0.005);
}

}  // namespace
}  // namespace asterism::sky
