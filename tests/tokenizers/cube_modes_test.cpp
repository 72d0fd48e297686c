#include "tokenizers/cube_modes.h"

#include <gtest/gtest.h>

#include <cmath>

namespace asterism::tokenizers {
namespace {

at::Tensor numbers(at::IntArrayRef shape) {
  const int64_t n = c10::multiply_integers(shape);
  return at::sin(at::arange(n, at::kDouble).square() * 0.37).view(shape);
}

TEST(CubeModes, WavesAreOrthonormal) {
  for (const auto& [height, width] : {std::pair<int64_t, int64_t>{24, 24}, {7, 12}, {1, 5}, {1, 1}}) {
    const CubeModes modes(height, width, 0.23, 6);
    const auto c = at::eye(modes.count(), at::kDouble);
    EXPECT_TRUE(at::allclose(modes.read(modes.drawn(c)), c));
    EXPECT_EQ(modes.ring(0), 0);
    EXPECT_EQ(modes.classes()[0], 1);  // the mean is even about both axes
    // read is the transpose of drawn
    const auto map = numbers({2, height * width}), z = numbers({2, modes.count()});
    EXPECT_NEAR((modes.drawn(z) * map).sum().item<double>(), (z * modes.read(map)).sum().item<double>(), 1e-9);
  }
}

TEST(CubeModes, AsManyAsTheFieldIsLarge) {
  const CubeModes small(24, 24, 0.23, 6), large(72, 72, 0.23, 6), all(6, 6, 1, 6);
  EXPECT_NEAR(double(large.count()) / double(small.count()), 9, 1);
  EXPECT_EQ(all.count(), 36);
  for (int64_t m = 0; m < large.count(); ++m) EXPECT_LT(large.ring(m), 6);
}

// The normal equations of all voxels at once, solved by elimination.
TEST(CubeModes, MapsAreTheMostLikelyOnes) {
  const CubeModes modes(6, 5, 0.3, 3);
  const int64_t S = 30, J = 3, M = modes.count(), L = 20;
  const auto x_JL = numbers({J, L}), weight_SL = numbers({S, L}).square() * 3, flux_SL = numbers({S, L}) + 0.3;
  weight_SL.narrow(0, 11, 4).zero_();  // spaxels without data
  const auto precision_JM = numbers({J, M}).square() + 0.1;
  const auto gram = at::einsum("sl,jl,kl->sjk", {weight_SL, x_JL, x_JL});
  const auto right = at::einsum("sl,sl,jl->sj", {weight_SL, flux_SL, x_JL});
  const auto waves_MS = modes.drawn(at::eye(M, at::kDouble));
  const auto all = at::einsum("sjk,ms,ns->jmkn", {gram, waves_MS, waves_MS}).reshape({J * M, J * M});
  all.diagonal().add_(precision_JM.reshape({-1}));
  const auto expected = at::linalg_solve(all, at::einsum("sj,ms->jm", {right, waves_MS}).reshape({-1}));
  const auto found = most_likely_maps(modes, gram, right, precision_JM);
  EXPECT_TRUE(at::allclose(found, expected.view({J, M}), 1e-3, 1e-4));
}

TEST(CubeModes, NothingKnownIsNothing) {
  const CubeModes modes(4, 4, 0.3, 3);
  const auto found = most_likely_maps(modes, at::zeros({16, 2, 2}, at::kDouble), at::zeros({16, 2}, at::kDouble),
                                      at::ones({2, modes.count()}, at::kDouble));
  EXPECT_EQ(found.abs().max().item<double>(), 0);
}

}  // namespace
}  // namespace asterism::tokenizers
