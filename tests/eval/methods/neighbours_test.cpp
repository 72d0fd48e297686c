#include "eval/methods/neighbours.h"

#include <gtest/gtest.h>

namespace asterism::eval {
namespace {

TEST(Neighbours, EqualsBruteForce) {
  at::manual_seed(1);
  const auto reference = at::randn({300, 5}, at::kDouble) + 1000, queries = at::randn({40, 5}, at::kDouble) + 1000;
  const auto found = nearest(reference, queries, 7);
  for (int64_t i = 0; i < 40; ++i) {
    const auto distance = (reference - queries[i]).square().sum(1).sqrt();
    const auto [sorted, order] = distance.sort();
    for (int64_t j = 0; j < 7; ++j) {
      EXPECT_EQ(found.rows_NK[i][j].item<int64_t>(), order[j].item<int64_t>());
      EXPECT_NEAR(found.distance_NK[i][j].item<double>(), sorted[j].item<double>(), 1e-12);
    }
  }
}

TEST(Neighbours, MoreAskedThanThere) {
  EXPECT_EQ(nearest(at::randn({3, 2}), at::randn({4, 2}), 10).rows_NK.size(1), 3);
}

TEST(Neighbours, NoQueries) { EXPECT_EQ(nearest(at::randn({3, 2}), at::empty({0, 2}), 2).rows_NK.size(0), 0); }

TEST(Neighbours, AnExactMatchTakesAllTheWeight) {
  const auto reference = at::tensor({0.0, 1.0, 2.0}).unsqueeze(1), query = at::tensor({1.0, 0.5}).unsqueeze(1);
  const auto found = nearest(reference, query, 3);
  const std::vector<double> values = {10, 20, 60};
  const auto inverse = neighbour_mean(found, values, NeighbourWeight::kInverseDistance);
  EXPECT_DOUBLE_EQ(inverse[0], 20);
  EXPECT_NEAR(inverse[1], (10 / 0.5 + 20 / 0.5 + 60 / 1.5) / (1 / 0.5 + 1 / 0.5 + 1 / 1.5), 1e-6);
  EXPECT_DOUBLE_EQ(neighbour_mean(found, values, NeighbourWeight::kEqual)[0], 30);
}

TEST(Neighbours, VotesByClass) {
  const auto reference = at::tensor({0.0, 1.0, 1.1, 5.0}).unsqueeze(1), query = at::tensor({0.9, 0.1}).unsqueeze(1);
  const std::vector<int64_t> labels = {7, 3, 3, 9};
  EXPECT_EQ(neighbour_class(nearest(reference, query, 3), labels, NeighbourWeight::kEqual),
            (std::vector<int64_t>{3, 3}));
  EXPECT_EQ(neighbour_class(nearest(reference, query, 3), labels, NeighbourWeight::kInverseDistance),
            (std::vector<int64_t>{3, 7}));
}

TEST(Neighbours, ScalerTakesOutMeanAndSpread) {
  const auto x = at::stack({at::tensor({1.0, 2.0, 3.0}), at::tensor({5.0, 5.0, 5.0})}, 1);
  const auto scaler = Scaler::fit(x);
  const auto y = scaler(x);
  EXPECT_NEAR(y.select(1, 0).square().mean().item<double>(), 1, 1e-12);
  EXPECT_EQ(y.select(1, 1).abs().max().item<double>(), 0);  // constant columns say nothing
  EXPECT_EQ(scaler(x + 1000).select(1, 1).abs().max().item<double>(), 0);
}

}  // namespace
}  // namespace asterism::eval
