#include "nn/int8_weight.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <limits>
#include <string>

#include "nn/swiglu.h"
#include "tests/nn/seeded_noise.h"

namespace asterism::nn {
namespace {

double relative(const at::Tensor& made, const at::Tensor& wanted) {
  return ((made - wanted).norm() / wanted.norm()).item<double>();
}

// Two roundings of normal numbers to a 127th of the largest of their row: each off by 0.7 to 0.8 per cent; weights to a
// 63rd where there is no VNNI.
constexpr double kLeast = 2e-3, kMost = 0.021;

TEST(Int8Weight, IsTheLayerToAPerCent) {
  for (const int64_t in : {48, 300})
    for (const bool has_bias : {true, false}) {
      const auto w = tests::seeded_noise({70, in}, 1), b = has_bias ? tests::seeded_noise({70}, 2) : at::Tensor();
      const Int8Weight weight(w, b);
      const auto x = tests::seeded_noise({3, 11, in}, 3);
      const double off = relative(weight(x), at::linear(x, w, b));
      EXPECT_LT(off, kMost);
      EXPECT_GT(off, kLeast) << "integers were asked for";
      EXPECT_LT(relative(weight(x, true), at::gelu(at::linear(x, w, b))), kMost);
      EXPECT_EQ(weight(x.narrow(1, 0, 0)).sizes(), at::IntArrayRef({3, 0, 70}));
    }
}

TEST(Int8Weight, RowsOfAnyBrightnessAreAsGood) {
  const auto w = tests::seeded_noise({64, 96}, 1);
  const Int8Weight weight(w * at::logspace(-6, 6, 64).unsqueeze(1), {});
  const auto x = tests::seeded_noise({40, 96}, 3);
  const auto plain = weight(x), bright = weight(x * at::logspace(-9, 9, 40).unsqueeze(1));
  EXPECT_TRUE(at::allclose(bright / at::logspace(-9, 9, 40).unsqueeze(1), plain, 1e-5, 0));
  for (int64_t r = 0; r < 64; ++r)
    EXPECT_LT(relative(plain.select(1, r), at::linear(x, w).select(1, r) * at::logspace(-6, 6, 64)[r]), 2 * kMost);
}

TEST(Int8Weight, ARowDoesNotKnowItsNeighbours) {
  const Int8Weight weight(tests::seeded_noise({64, 96}, 1), tests::seeded_noise({64}, 2));
  const auto x = tests::seeded_noise({40, 96}, 3);
  EXPECT_TRUE(at::equal(weight(x).narrow(0, 17, 3), weight(x.narrow(0, 17, 3))));
}

TEST(Int8Weight, SumsAndGatesAreWhatTheyWereInTwoSteps) {
  const auto w = tests::seeded_noise({64, 96}, 1), b = tests::seeded_noise({64}, 2);
  const auto x = tests::seeded_noise({40, 96}, 3);
  const Int8Weight weight(w, b);
  auto sum = tests::seeded_noise({40, 64}, 4);
  const auto wanted = sum + weight(x);
  weight.add_to(sum, x);
  EXPECT_TRUE(at::allclose(sum, wanted, 1e-6, 1e-5));
  EXPECT_TRUE(at::allclose(weight.gated(x), swiglu(weight(x)), 1e-6, 1e-6));
}

TEST(Int8Weight, NotANumberStaysInItsRow) {
  auto w = tests::seeded_noise({64, 96}, 1);
  auto x = tests::seeded_noise({40, 96}, 3);
  x[5][3] = std::numeric_limits<float>::quiet_NaN();
  const auto y = Int8Weight(w, {})(x);
  EXPECT_TRUE(y[5].isnan().all().item<bool>());
  EXPECT_EQ(y.isnan().sum().item<int64_t>(), 64);
  w[7][0] = std::numeric_limits<float>::infinity();
  EXPECT_EQ(Int8Weight(w, {})(x.narrow(0, 10, 4)).isnan().sum().item<int64_t>(), 4);
  EXPECT_THROW(Int8Weight(w, {})(tests::seeded_noise({2, 95}, 1)), std::exception);
}

// The same tests on a processor without VNNI, as oneDNN is told: its sums of pairs have 16 bits.
TEST(Int8Weight, IsAsGoodWithoutVnni) {
  if (std::getenv("ONEDNN_MAX_CPU_ISA") != nullptr) GTEST_SKIP() << "this is it";
  const auto command = "ONEDNN_MAX_CPU_ISA=AVX2 '" + std::filesystem::read_symlink("/proc/self/exe").string() +
                       "' --gtest_filter='Int8Weight.*:Product.*' --gtest_output= > /dev/null 2>&1";
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
}

}  // namespace
}  // namespace asterism::nn
