#include "eval/source_measures.h"

#include <gtest/gtest.h>

#include <cmath>

#include "modalities/image.h"

namespace asterism::eval {
namespace {

constexpr int64_t kSize = 48;

// An elliptical Gaussian of this flux about (x, y) from the middle, in every band `ratio` times brighter.
modalities::ImageBlock gaussians(int64_t n, double flux, double x0, double y0, double sx, double sy, double ratio = 2) {
  auto out = modalities::make_images(n, {{"g", 4800, 1000}, {"r", 6200, 1000}}, kSize, kSize, "nanomaggy", 0.26, true);
  for (int64_t i = 0; i < n; ++i) {
    out.present[size_t(i)] = 1;
    for (int64_t c = 0; c < 2; ++c)
      for (int64_t p = 0; p < kSize * kSize; ++p) {
        const double x = double(p % kSize) - 23.5 - x0, y = double(p / kSize) - 23.5 - y0;
        const auto at = size_t((i * 2 + c) * kSize * kSize + p);
        out.flux[at] = float(flux * std::pow(ratio, double(c)) / (2 * M_PI * sx * sy) *
                             std::exp(-0.5 * (x * x / (sx * sx) + y * y / (sy * sy))));
        out.ivar[at] = 1e4f;
        out.mask[at] = 0;
      }
  }
  return out;
}

TEST(SourceMeasures, AreThoseOfAGaussian) {
  const auto block = gaussians(1, 100, 1.25, -0.5, 2.5, 1.5);
  const auto m = measure_source(block.flux.data(), block.ivar.data(), block.mask.data(), kSize, kSize, 20, 3);
  EXPECT_NEAR(m.flux, 100, 0.1);
  EXPECT_NEAR(m.flux_error, 0.01 * std::sqrt(M_PI * 400), 0.01);
  ASSERT_TRUE(m.has_shape);
  EXPECT_NEAR(m.x, 1.25, 0.02);
  EXPECT_NEAR(m.y, -0.5, 0.02);
  // under a weight of sigma 3 the variances are 1 / (1 / s^2 + 1 / 9)
  const double xx = 1 / (1 / 6.25 + 1 / 9.0), yy = 1 / (1 / 2.25 + 1 / 9.0);
  EXPECT_NEAR(m.e1, (xx - yy) / (xx + yy), 0.01);
  EXPECT_NEAR(m.e2, 0, 0.01);
}

TEST(SourceMeasures, NothingIsNoSource) {
  auto block = gaussians(1, 0, 0, 0, 2, 2);
  EXPECT_FALSE(measure_source(block.flux.data(), block.ivar.data(), block.mask.data(), kSize, kSize, 6, 3).has_shape);
  for (auto& mask : block.mask) mask = 1;
  EXPECT_FALSE(measure_source(block.flux.data(), block.ivar.data(), block.mask.data(), kSize, kSize, 6, 3).has_flux);
}

TEST(SourceMeasures, DifferencesAreWhatWasDone) {
  const auto observed = gaussians(3, 100, 0, 0, 2, 2);
  const auto shifted = gaussians(3, 90, 0.5, 0, 2, 2, 2.2);
  const auto d = source_differences(observed, shifted, {0, 1, 2});
  EXPECT_EQ(d.at("g").at("flux").size(), 3u);
  EXPECT_NEAR(d.at("g").at("flux")[0], -0.1, 0.01);
  EXPECT_NEAR(d.at("r").at("flux")[0], -0.01, 0.01);
  EXPECT_NEAR(d.at("g").at("flux error")[0], 0.1, 0.01);
  EXPECT_NEAR(d.at("g").at("centroid")[0], 0.5, 0.03);
  EXPECT_NEAR(d.at("g - r").at("colour")[0], 2.5 * std::log10(1.1), 0.002);
  const auto longer = gaussians(3, 100, 0, 0, 3, 2);
  EXPECT_GT(source_differences(observed, longer, {0}).at("r").at("ellipticity")[0], 0.15);
  EXPECT_NEAR(source_differences(observed, observed, {0}).at("r").at("ellipticity")[0], 0, 1e-9);
}

TEST(SourceMeasures, FaintSourcesAreNotCompared) {
  const auto observed = gaussians(2, 0.1, 0, 0, 2, 2);
  EXPECT_TRUE(source_differences(observed, observed, {0, 1}).empty());
}

TEST(SourceMeasures, CoveredIsTheRectangleThatCameBack) {
  const auto observed = gaussians(2, 100, 0, 0, 2, 2);
  auto back = observed;
  for (size_t i = 0; i < back.mask.size(); ++i) {
    const auto x = i % kSize, y = i / kSize % kSize;
    back.mask[i] = x < 8 || x >= 40 || y < 10 || y >= 30;
    if (back.mask[i] != 0) back.ivar[i] = back.flux[i] = 0;
  }
  const auto both = covered(observed, back);
  EXPECT_EQ(both.observed.height, 20);
  EXPECT_EQ(both.observed.width, 32);
  EXPECT_EQ(both.observed.flux[0], observed.flux[10 * kSize + 8]);
  EXPECT_EQ(both.rebuilt.mask[0], 0);
  EXPECT_NO_THROW(modalities::check("covered", modalities::Block(both.observed)));
}

}  // namespace
}  // namespace asterism::eval
