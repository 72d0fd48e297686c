#include "nn/conv.h"

#include "gradient_check.h"

namespace asterism::nn {
namespace {

TEST(Conv, ShapesAndNames) {
  Parameters p;
  const Scope scope(p);
  const Conv2d down(scope / "down", 3, 8, {4, 4, 0, 1, true});
  const ConvTranspose2d up(scope / "up", 8, 3, ConvSettings::patches(4));
  const auto y = down(at::zeros({2, 3, 16, 8}));
  EXPECT_EQ(y.sizes(), at::IntArrayRef({2, 8, 4, 2}));
  EXPECT_EQ(up(y).sizes(), at::IntArrayRef({2, 3, 16, 8}));
  EXPECT_EQ(p.parameters().at("up.weight").sizes(), at::IntArrayRef({8, 3, 4, 4}));
  const Conv1d same(scope / "same", 3, 5, ConvSettings::same(7));
  EXPECT_EQ(same(at::zeros({2, 3, 11})).sizes(), at::IntArrayRef({2, 5, 11}));
  const ConvTranspose1d wide(scope / "wide", 5, 2, ConvSettings::patches(2));
  EXPECT_EQ(wide(at::zeros({2, 5, 11})).sizes(), at::IntArrayRef({2, 2, 22}));
}

TEST(Conv, ImagesStayChannelsLast) {
  Parameters p;
  const Conv2d conv(Scope(p), 3, 8, ConvSettings::same(3));
  EXPECT_TRUE(conv(at::zeros({2, 3, 8, 8})).is_contiguous(at::MemoryFormat::ChannelsLast));
}

TEST(Conv, TheFastestIsLookedForWhileAsked) {
  const bool before = at::globalContext().benchmarkCuDNN();
  {
    const FastestConvolutions off(false);
    EXPECT_EQ(at::globalContext().benchmarkCuDNN(), before);
    const FastestConvolutions on;
    EXPECT_TRUE(at::globalContext().benchmarkCuDNN());
  }
  EXPECT_EQ(at::globalContext().benchmarkCuDNN(), before);
}

TEST(Conv, Gradients) {
  Parameters p;
  const Scope scope(p, 3, "", at::kDouble);
  const Conv1d a(scope / "a", 2, 4, ConvSettings::same(3));
  const ConvTranspose1d b(scope / "b", 4, 2, ConvSettings::patches(2));
  const Conv2d c(scope / "c", 2, 4, {3, 2, 1, 2, true});
  const ConvTranspose2d d(scope / "d", 4, 2, {4, 2, 1, 1, true});
  test::shake(p);
  const auto x = test::random_input({2, 2, 6});
  test::expect_gradients(
      [&] {
        const auto y = at::tanh(b(a(x)));
        return d(c(y.unsqueeze(2).expand({2, 2, 4, 12})));
      },
      p, x);
}

}  // namespace
}  // namespace asterism::nn
