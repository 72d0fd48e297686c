#include "eval/questions/found.h"

#include <gtest/gtest.h>

#include "tests/eval/planted.h"

namespace asterism::eval {
namespace {

TEST(Found, RanksBecomeScoresBesideChance) {
  Answer answer;
  const AskOptions options{.bootstrap = {.resamples = 50}};
  const Ranks ranks{"a -> b", "vectors", false, 20, {1, 1, 3, 12}}, worse{"a -> b", "fit", true, 20, {2, 1, 9, 12}};
  add_found(answer, options, ranks);
  add_found(answer, options, worse);
  add_chance(answer, options, "a -> b", 20);
  add_gain(answer, options, ranks, worse, "fit");
  EXPECT_EQ(score_of(answer, "vectors", "recall@1").interval.value, 0.5);
  EXPECT_EQ(score_of(answer, "vectors", "median rank").interval.value, 2);
  EXPECT_EQ(score_of(answer, "chance", "recall@5").interval.value, 0.25);
  EXPECT_EQ(score_of(answer, "chance", "median rank").interval.value, 10.5);
  EXPECT_EQ(score_of(answer, "vectors less fit", "recall@1, difference").interval.value, 0.25);
  ASSERT_EQ(answer.ranks.size(), 2u);
  EXPECT_EQ(answer.ranks[0].rank, ranks.rank);
  EXPECT_TRUE(answer.ranks[1].baseline);
  EXPECT_EQ(recall_figure(ranks).title, "a -> b");
}

}  // namespace
}  // namespace asterism::eval
