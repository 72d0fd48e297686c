#include "nn/int8_conv.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/nn/seeded_noise.h"

namespace asterism::nn {
namespace {

Conv2d conv_of(Parameters& parameters, int64_t in, int64_t out, const ConvSettings& settings) {
  return Conv2d(Scope(parameters, 1), in, out, settings);
}

// What the integers stand for, in float64: weights of 127 or 63 steps a channel, inputs of 127 steps a window.
at::Tensor by_hand(const Conv2d& layer, const at::Tensor& x) {
  const auto& s = layer.settings;
  const auto w = layer.weight.detach().flatten(1).to(at::kDouble);
  const auto w_step = w.abs().amax(1, true) / int8_weight_most();
  const auto windows = at::im2col(x.to(at::kDouble), {s.kernel, s.kernel}, {1, 1}, {s.padding, s.padding},
                                  {s.stride, s.stride});  // [B, C k k, R]
  const auto step = windows.abs().amax(1, true).clamp_min(1e-30) / 127;
  const auto y = at::matmul((w / w_step).round() * w_step, (windows / step).round() * step);
  const int64_t width = (x.size(3) + 2 * s.padding - s.kernel) / s.stride + 1;
  return y.view({x.size(0), w.size(0), -1, width}) + layer.bias.detach().view({1, -1, 1, 1});
}

double relative_error(const at::Tensor& made, const at::Tensor& wanted) {
  return ((made - wanted).norm() / wanted.norm()).item<double>();
}

ConvSettings halving() {
  ConvSettings s;
  s.stride = 2;
  s.padding = 1;
  return s;
}

TEST(Int8Conv, IsTheConvolutionOfTheRoundedNumbers) {
  for (const auto& settings :
       {ConvSettings::same(3), ConvSettings::same(7), ConvSettings::same(1), halving(), ConvSettings::patches(2)})
    for (const int64_t channels : {20, 64}) {
      Parameters parameters;
      const auto layer = conv_of(parameters, channels, 24, settings);
      const auto x = tests::seeded_noise({3, channels, 11, 9}, 2);
      const at::NoGradGuard no_grad;
      const auto made = Int8Conv(layer)(x), exact = layer(x);
      ASSERT_EQ(made.sizes(), exact.sizes());
      EXPECT_LT(relative_error(made, exact), 0.02) << settings.kernel << " " << channels;
      // a number that lies on the edge between two steps may fall on either side
      EXPECT_LT(relative_error(made, by_hand(layer, x).to(at::kFloat)), 2e-3) << settings.kernel << " " << channels;
      EXPECT_TRUE(at::allclose(Int8Conv(layer)(x, true), at::elu(made), 1e-6, 1e-6));
    }
}

TEST(Int8Conv, ManyWindowsInSeveralPieces) {
  Parameters parameters;
  const auto layer = conv_of(parameters, 128, 16, ConvSettings::same(3));
  const auto x = tests::seeded_noise({2, 128, 60, 70}, 2);  // 8,400 windows of 1,152 numbers
  const at::NoGradGuard no_grad;
  EXPECT_LT(relative_error(Int8Conv(layer)(x), layer(x)), 0.02);
  EXPECT_TRUE(at::equal(Int8Conv(layer)(x.narrow(0, 1, 1)), Int8Conv(layer)(x).narrow(0, 1, 1)))
      << "an image does not know its neighbours";
}

TEST(Int8Conv, FaintPixelsAreAsGoodAsBrightOnesAnywhereElse) {
  Parameters parameters;
  const auto layer = conv_of(parameters, 32, 16, ConvSettings::same(3));
  auto x = tests::seeded_noise({1, 32, 20, 20}, 2);
  x.narrow(3, 0, 4).mul_(1e5);
  const at::NoGradGuard no_grad;
  const auto far = [](const at::Tensor& y) { return y.narrow(3, 6, 14); };
  EXPECT_LT(relative_error(far(Int8Conv(layer)(x)), far(layer(x))), 0.02);
}

TEST(Int8Conv, NotANumberStaysWithinItsWindows) {
  Parameters parameters;
  const auto layer = conv_of(parameters, 16, 16, ConvSettings::same(3));
  const at::NoGradGuard no_grad;
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    auto x = tests::seeded_noise({1, 16, 8, 8}, 2);
    x[0][3][4][4] = bad;
    const auto y = Int8Conv(layer)(x);
    EXPECT_EQ(y.isnan().sum().item<int64_t>(), 9 * 16);
    EXPECT_TRUE(y.narrow(2, 3, 3).narrow(3, 3, 3).isnan().all().item<bool>());
  }
  EXPECT_TRUE(at::equal(Int8Conv(layer)(at::zeros({1, 16, 4, 4})), at::zeros({1, 16, 4, 4})));
  EXPECT_EQ(Int8Conv(layer)(at::zeros({0, 16, 4, 4})).sizes(), (at::IntArrayRef{0, 16, 4, 4}));
}

TEST(Int8Conv, SmallOnesAndGroupsStayAsTheyAre) {
  Parameters parameters;
  const Scope scope(parameters, 1);
  EXPECT_TRUE(Int8Conv::suits(Conv2d(scope / "a", 64, 64, ConvSettings::same(3))));
  EXPECT_FALSE(Int8Conv::suits(Conv2d(scope / "b", 4, 64, ConvSettings::same(3))));
  EXPECT_FALSE(Int8Conv::suits(Conv2d(scope / "c", 64, 1, ConvSettings::same(1))));
  EXPECT_FALSE(Int8Conv::suits(Conv2d(scope / "d", 64, 64, ConvSettings::depthwise(7, 64))));
}

}  // namespace
}  // namespace asterism::nn
