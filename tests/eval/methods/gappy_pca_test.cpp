#include "eval/methods/gappy_pca.h"

#include <gtest/gtest.h>

namespace asterism::eval {
namespace {

// Rows of two components over a mean, with noise of 0.01 and a fifth of their pixels not seen.
struct GappyRows {
  at::Tensor truth_NG, value_NG, weight_NG;
};
GappyRows gappy_rows(int64_t n, double noise = 0.01) {
  at::manual_seed(3);
  const auto x = at::linspace(0, 1, 60, at::kDouble);
  const auto basis = at::stack({at::ones_like(x), at::sin(6 * x), at::exp(-(x - 0.5).square() / 0.005)});
  const auto coefficient = at::cat({at::ones({n, 1}, at::kDouble), at::randn({n, 2}, at::kDouble) * 0.5}, 1);
  GappyRows out;
  out.truth_NG = coefficient.mm(basis) * (1 + at::rand({n, 1}, at::kDouble) * 10);  // of any brightness
  out.value_NG = out.truth_NG + noise * at::randn({n, 60}, at::kDouble);
  out.weight_NG = at::rand({n, 60}, at::kDouble).gt(0.2).to(at::kDouble) / (noise * noise);
  out.value_NG = at::where(out.weight_NG.gt(0), out.value_NG, -1e6);  // what is not seen may be anything
  return out;
}

TEST(GappyPca, AGapIsFilledFromWhatIsSeen) {
  const auto rows = gappy_rows(200);
  const auto pca = GappyPca::fit(rows.value_NG.slice(0, 0, 150), rows.weight_NG.slice(0, 0, 150), 5, 20);
  EXPECT_EQ(pca.basis_KG.sizes(), (at::IntArrayRef{6, 60}));
  auto seen = rows.weight_NG.slice(0, 150, 200).clone();
  seen.slice(1, 20, 35).zero_();
  const auto filled = pca.filled(rows.value_NG.slice(0, 150, 200), seen, 3);
  const auto error = (filled - rows.truth_NG.slice(0, 150, 200)).abs();
  EXPECT_LT(error.slice(1, 20, 35).median().item<double>(), 0.04);  // of values of 1 to 11
  EXPECT_LT(error.median().item<double>(), 0.02);
}

TEST(GappyPca, AsManyAreUsedAsThereAre) {
  const auto rows = gappy_rows(300, 0.2);
  const auto pca = GappyPca::fit(rows.value_NG.slice(0, 0, 200), rows.weight_NG.slice(0, 0, 200), 12, 20);
  auto hidden = at::zeros({100, 60}, at::kBool);
  hidden.slice(1, 20, 35).fill_(true);
  const auto used = best_used(pca, rows.value_NG.slice(0, 200, 300), rows.weight_NG.slice(0, 200, 300), hidden);
  EXPECT_GE(used, 3);  // the mean and two components, of thirteen
  EXPECT_LE(used, 4);
}

TEST(GappyPca, ARowThatIsHardlySeenIsFinite) {
  const auto rows = gappy_rows(100);
  const auto pca = GappyPca::fit(rows.value_NG, rows.weight_NG, 8);
  auto seen = at::zeros({2, 60}, at::kDouble);
  seen[0][3] = 1;
  EXPECT_TRUE(pca.filled(rows.value_NG.slice(0, 0, 2), seen, 9).isfinite().all().item<bool>());
}

}  // namespace
}  // namespace asterism::eval
