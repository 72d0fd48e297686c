#include "eval/questions/task.h"

#include <gtest/gtest.h>

#include "tests/eval/planted.h"

namespace asterism::eval {
namespace {

TEST(Task, KeepsToRowsThatAreKnownAndSeen) {
  auto planted = planted_subject();
  std::vector<uint8_t> seen(400, 1);
  seen[0] = 0;
  const auto task = make_task("redshift", planted.labels.at("redshift"), planted.subject, planted.split, {&seen});
  EXPECT_EQ(task.test.size(), 99u);    // row 0 was not seen
  EXPECT_EQ(task.train.size(), 299u);  // row 3 has no redshift
  EXPECT_TRUE(task.is_redshift);
  EXPECT_FALSE(task.is_class);
  EXPECT_EQ(task.y_test[0], planted.labels.at("redshift").value[4]);
}

TEST(Task, TrivialScoresAreTrivial) {
  auto planted = planted_subject();
  Answer answer;
  add_trivial_scores(answer, make_task("redshift", planted.labels.at("redshift"), planted.subject, planted.split, {}),
                     {.resamples = 50});
  add_trivial_scores(answer,
                     make_task("object_class", planted.labels.at("object_class"), planted.subject, planted.split, {}),
                     {.resamples = 50});
  EXPECT_NEAR(score_of(answer, "mean", "R2").interval.value, 0, 0.05);
  EXPECT_EQ(score_of(answer, "most frequent", "balanced accuracy").interval.value, 0.5);
  for (const auto& score : answer.scores) EXPECT_TRUE(score.baseline);
}

TEST(Task, RedshiftsByName) {
  EXPECT_TRUE(is_redshift("redshift"));
  EXPECT_TRUE(is_redshift("z"));
  EXPECT_TRUE(is_redshift("zspec"));
  for (const char* other : {"zeta", "redshift_ok", "redshift_confidence", "redshift_error"})
    EXPECT_FALSE(is_redshift(other)) << other;
}

}  // namespace
}  // namespace asterism::eval
