#include "data/epoch_order.h"

#include <gtest/gtest.h>

#include <vector>

namespace asterism::data {
namespace {

std::vector<int64_t> all_positions(const EpochOrder& order) {
  std::vector<int64_t> out;
  for (int64_t i = 0; i < order.size(); ++i) out.push_back(order[i]);
  return out;
}

bool is_permutation_of_all(const std::vector<int64_t>& values) {
  std::vector<uint8_t> seen(values.size(), 0);
  for (const int64_t v : values) {
    if (v < 0 || v >= int64_t(values.size()) || seen[size_t(v)]++ != 0) return false;
  }
  return true;
}

TEST(EpochOrder, IsAPermutationAtEverySize) {
  for (const int64_t n : {0, 1, 2, 7, 1000, 65536, 65537, 100000, 262144, 262145})
    EXPECT_TRUE(is_permutation_of_all(all_positions(EpochOrder(n, 3, 1, true)))) << n;
}

TEST(EpochOrder, DependsOnSeedAndEpochAlone) {
  for (const int64_t n : {100, 100000}) {
    EXPECT_EQ(all_positions(EpochOrder(n, 3, 1, true)), all_positions(EpochOrder(n, 3, 1, true)));
    EXPECT_NE(all_positions(EpochOrder(n, 3, 1, true)), all_positions(EpochOrder(n, 3, 2, true)));
    EXPECT_NE(all_positions(EpochOrder(n, 3, 1, true)), all_positions(EpochOrder(n, 4, 1, true)));
  }
  EXPECT_EQ(EpochOrder(100000, 3, 1, false)[777], 777);
}

// Where each of 20 equal parts of the epoch comes from: about equally from everywhere (chi^2 of a 20 x 20 table, 361
// degrees of freedom: below 470 but for one seed in 20,000).
TEST(EpochOrder, MixesTheWholeSet) {
  const int64_t n = 100000, parts = 20;
  const EpochOrder order(n, 11, 0, true);
  std::vector<double> table(size_t(parts * parts), 0);
  for (int64_t i = 0; i < n; ++i) ++table[size_t(i * parts / n * parts + order[i] * parts / n)];
  double chi2 = 0;
  const double expected = double(n) / double(parts * parts);
  for (const double c : table) chi2 += (c - expected) * (c - expected) / expected;
  EXPECT_LT(chi2, 470);
  EXPECT_GT(chi2, 260);
  int64_t neighbours = 0;
  for (int64_t i = 1; i < n; ++i) neighbours += std::abs(order[i] - order[i - 1]) == 1;
  EXPECT_LT(neighbours, 20);
}

}  // namespace
}  // namespace asterism::data
