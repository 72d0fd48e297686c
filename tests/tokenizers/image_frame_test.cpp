#include "tokenizers/image_frame.h"

#include <gtest/gtest.h>

#include <cmath>

namespace asterism::tokenizers {
namespace {

constexpr double kPi = 3.14159265358979323846;

// A Gaussian of these widths along and across, its long axis at `angle` from x towards y.
at::Tensor blob(double along, double across, double angle, int64_t side = 48) {
  const auto x = at::arange(side, at::kFloat) - 0.5 * double(side - 1);
  const auto u = x.unsqueeze(0) * std::cos(angle) + x.unsqueeze(1) * std::sin(angle);
  const auto v = x.unsqueeze(1) * std::cos(angle) - x.unsqueeze(0) * std::sin(angle);
  return at::exp((u / along).square() * -0.5 - (v / across).square() * 0.5).view({1, 1, side, side});
}

TEST(ImageShapes, AngleAndSizeAreThoseOfTheLight) {
  for (const double angle : {0.1, 0.9, 1.6, 3.0}) {
    const auto shapes = measure_shapes(blob(3, 1.5, angle));
    EXPECT_NEAR(shapes.angle_M[0].item<double>(), angle, 1e-3);
  }
  // a Gaussian under the Gaussian window of 4.8 pixels
  EXPECT_NEAR(measure_shapes(blob(2, 2, 0)).size_M[0].item<double>(), 1 / std::sqrt(1 / 4.0 + 1 / (4.8 * 4.8)), 1e-3);
}

TEST(ImageShapes, WithoutLightTheWindows) {
  for (const auto& image : {at::zeros({1, 2, 20, 20}), at::full({1, 2, 20, 20}, -1.0f)}) {
    const auto shapes = measure_shapes(image);
    EXPECT_EQ(shapes.size_M[0].item<float>(), 2);
    EXPECT_EQ(shapes.angle_M[0].item<float>(), 0);
  }
}

TEST(ImageFrame, PosesAreTheNearestOfTheirAnglesAndSizes) {
  const ImageFrame frame({8, 4, 1, 16});
  EXPECT_EQ(frame.poses(), 32);
  const ImageShapes shapes{at::tensor({0.05, 1.0, 3.1}).to(at::kFloat), at::tensor({1.1, 5.0, 900.0}).to(at::kFloat)};
  const auto poses = frame.poses_of(shapes);
  EXPECT_TRUE(at::equal(poses, at::tensor({0L, 2 * 4 + 2L, 7 * 4 + 3L})));
  EXPECT_NEAR(frame.angle(poses)[1].item<double>(), 2.5 * kPi / 8, 1e-6);
  EXPECT_NEAR(frame.stretch(poses)[1].item<double>(), std::sqrt(2.0), 1e-6);
  EXPECT_NEAR(frame.stretch(poses)[0].item<double>(), std::pow(2.0, -1.5), 1e-6);
}

TEST(ImageFrame, UprightChangesNothing) {
  const ImageFrame frame({});
  const auto image = blob(3, 1, 0.4);
  const auto pose = at::zeros({1}, at::kLong);
  EXPECT_TRUE(at::equal(frame.onto_sky(image, pose), image));
  EXPECT_TRUE(at::equal(frame.into_frame(image, pose), image));
}

// What lies at some angle and size lies along x, of the middle size, in the frame, over the stretch; and comes back.
TEST(ImageFrame, TurnsAndStretches) {
  const ImageFrame frame({64, 16, 1, 4});
  const double angle = 20.5 * kPi / 64, stretch = std::exp((13.5 / 16 - 0.5) * std::log(4.0));
  const auto seen = blob(2 * stretch, 1.2 * stretch, angle), in_frame = blob(2, 1.2, 0) * stretch;
  const auto pose = at::full({1}, 20 * 16 + 13, at::kLong);
  EXPECT_LT((frame.into_frame(seen, pose) - in_frame).abs().max().item<double>(), 0.05);
  EXPECT_LT((frame.onto_sky(in_frame, pose) - seen).abs().max().item<double>(), 0.03);
  EXPECT_NEAR(frame.into_frame(seen, pose).square().sum().item<double>(), seen.square().sum().item<double>(), 0.3);
}

TEST(ImageShapes, HugeValuesHaveAPoseToo) {
  auto image = at::zeros({1, 1, 16, 16});
  image[0][0][3].fill_(1e37);
  image[0][0][9][9].fill_(-3e38);
  const ImageFrame frame({8, 4, 1, 16});
  const auto pose = frame.poses_of(measure_shapes(image));
  EXPECT_GE(pose.min().item<int64_t>(), 0);
  EXPECT_LT(pose.max().item<int64_t>(), frame.poses());
}

}  // namespace
}  // namespace asterism::tokenizers
