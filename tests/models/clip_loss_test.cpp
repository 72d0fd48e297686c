#include "models/clip_loss.h"

#include <gtest/gtest.h>

#include <cmath>

namespace asterism::models {
namespace {

TEST(ClipLoss, ByHandForTwoPairs) {
  const auto image = at::tensor({2.0f, 0.0f, 0.0f, 0.5f}).view({2, 2}),
             spectrum = at::tensor({1.0f, 1.0f, -3.0f, 0.0f}).view({2, 2});
  const double s = std::sqrt(0.5) * 10;  // cosines: (s, -1; s, 0) / 10
  const auto logits = clip_logits(image, spectrum, 10);
  EXPECT_NEAR(logits[0][0].item<double>(), s, 1e-5);
  EXPECT_NEAR(logits[0][1].item<double>(), -10, 1e-5);
  EXPECT_NEAR(logits[1][0].item<double>(), s, 1e-5);
  EXPECT_NEAR(logits[1][1].item<double>(), 0, 1e-5);
  const auto cross = [](double own, double other) { return std::log(std::exp(own) + std::exp(other)) - own; };
  const double rows = (cross(s, -10) + cross(0, s)) / 2, columns = (cross(s, s) + cross(0, -10)) / 2;
  EXPECT_NEAR(clip_loss(logits).item<double>(), (rows + columns) / 2, 1e-5);
}

TEST(ClipLoss, ZeroVectorsAreFinite) {
  const auto logits = clip_logits(at::zeros({3, 4}), at::ones({3, 4}), 15.5);
  EXPECT_EQ(logits.abs().max().item<float>(), 0);
  EXPECT_NEAR(clip_loss(logits).item<double>(), std::log(3.0), 1e-6);
}

}  // namespace
}  // namespace asterism::models
