#include "models/legacy_rgb.h"

#include <gtest/gtest.h>

#include <cmath>

namespace asterism::models {
namespace {

TEST(LegacyRgb, APixelByHand) {
  const double g = 0.05, r = 0.1, z = -0.001;
  const auto flux = at::tensor({g, r, z}).view({3, 1, 1}).to(at::kFloat);
  const double xg = g * 6 + 0.03, xr = r * 3.4 + 0.03, xz = z * 2.2 + 0.03, mean = (xg + xr + xz) / 3,
               factor = std::asinh(20 * mean) / std::sqrt(20.0) / mean;
  const auto out = legacy_rgb(flux);
  EXPECT_NEAR(out[0][0][0].item<double>(), xz * factor, 1e-6) << "red is z";
  EXPECT_NEAR(out[1][0][0].item<double>(), xr * factor, 1e-6) << "green is r";
  EXPECT_NEAR(out[2][0][0].item<double>(), xg * factor, 1e-6) << "blue is g";
}

TEST(LegacyRgb, StaysBetweenBlackAndWhite) {
  const auto flux = at::tensor({-5.0f, -5.0f, -5.0f, 0.0f, 0.0f, 0.0f, 1e5f, -3.0f, 2.0f, 3e37f, 3e37f, 3e37f});
  const auto out = legacy_rgb(flux.view({4, 3, 1, 1}));
  EXPECT_TRUE(at::isfinite(out).all().item<bool>());
  EXPECT_GE(out.min().item<float>(), 0);
  EXPECT_LE(out.max().item<float>(), 1);
  EXPECT_EQ(out[0].abs().max().item<float>(), 0) << "nothing but negative flux is black";
  EXPECT_EQ(out[3].min().item<float>(), 1);
}

TEST(LegacyRgb, CropsRoundUnevenMarginsToEven) {
  const auto lines = [](int64_t whole, int64_t part) {
    return centre_crop(at::arange(whole).view({1, whole, 1}).expand({1, whole, whole}), part, part)[0][0][0]
        .item<int64_t>();
  };
  EXPECT_EQ(lines(152, 144), 4);
  EXPECT_EQ(lines(151, 144), 4);  // 3.5
  EXPECT_EQ(lines(153, 144), 4);  // 4.5
  EXPECT_EQ(lines(155, 144), 6);  // 5.5
  EXPECT_EQ(lines(144, 144), 0);
}

}  // namespace
}  // namespace asterism::models
