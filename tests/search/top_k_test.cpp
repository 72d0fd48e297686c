#include "search/top_k.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace asterism::search {
namespace {

TEST(TopK, AgreesWithASortOfEverythingInAnyOrder) {
  base::Random random(1, 0, 0, "top k");
  for (const size_t k : {1, 2, 10, 100}) {
    std::vector<Candidate> all;
    for (uint64_t row = 0; row < 3000; ++row) all.push_back({float(random.below(200)), row});  // many ties
    auto sorted = all;
    std::sort(sorted.begin(), sorted.end(), nearer);
    for (int order = 0; order < 5; ++order) {
      random.shuffle(all);
      TopK first(k), second(k);
      for (size_t i = 0; i < all.size(); ++i) (i < 700 ? first : second).offer(all[i].nearness, all[i].row);
      first.offer_all(second);
      const auto& best = first.sorted();
      ASSERT_EQ(best.size(), k);
      for (size_t i = 0; i < k; ++i) ASSERT_EQ(best[i].row, sorted[i].row) << k << " " << i;
    }
  }
}

TEST(TopK, FewerThanK) {
  TopK top(10);
  EXPECT_TRUE(top.sorted().empty());
  top.offer(1, 5);
  top.offer(2, 6);
  ASSERT_EQ(top.sorted().size(), 2u);
  EXPECT_EQ(top.sorted()[0].row, 6u);
}

TEST(TopK, NotANumberNeverEnters) {
  TopK top(3);
  top.offer(NAN, 1);
  top.offer(1, 2);
  ASSERT_EQ(top.sorted().size(), 1u);
  EXPECT_FALSE(NAN >= top.threshold());
}

}  // namespace
}  // namespace asterism::search
