#include "eval/questions/knn.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/eval/planted.h"

namespace asterism::eval {
namespace {

TEST(Knn, SeesWhatTheVectorsHold) {
  const auto planted = planted_subject();
  const KnnQuestion question({.bootstrap = {.resamples = 100}, .neighbours = 5});
  ASSERT_TRUE(question.applies(planted.subject, planted.labels));
  const auto answer = question.ask(planted.subject, planted.labels, planted.split);
  const auto& good = score_of(answer, "vectors of good", "R2", "redshift");
  EXPECT_GT(good.interval.low, 0.8);
  EXPECT_FALSE(good.baseline);
  EXPECT_LT(score_of(answer, "vectors of noise", "R2", "redshift").interval.value, 0.2);
  EXPECT_TRUE(score_of(answer, "magnitudes", "R2", "redshift").baseline);
  EXPECT_GT(score_of(answer, "vectors of good", "accuracy", "object_class").interval.value, 0.9);
  EXPECT_NEAR(score_of(answer, "mean of the training", "R2", "redshift").interval.value, 0, 0.05);
}

TEST(Knn, SaysWhereObjectsAreTooFew) {
  auto planted = planted_subject();
  auto& present = planted.subject.vectors.at("good").present;
  std::fill(present.begin() + 20, present.end(), 0);
  const auto answer = KnnQuestion({.bootstrap = {.resamples = 20}}).ask(planted.subject, planted.labels, planted.split);
  ASSERT_FALSE(answer.notes.empty());
  EXPECT_NE(answer.notes[0].find("too few"), std::string::npos);
}

TEST(Knn, BaselinesAreJudgedOnTheModelsObjects) {
  auto planted = planted_subject(1200);
  auto& few = planted.subject.vectors.at("image_legacy").present;
  for (size_t i = 0; i < few.size(); ++i) few[i] = i % 8 < 4;  // half of the test side
  const auto answer = KnnQuestion({.bootstrap = {.resamples = 20}}).ask(planted.subject, planted.labels, planted.split);
  std::set<std::string> groups;
  for (const auto& score : answer.scores)
    if (score.subject.rfind("redshift", 0) == 0) groups.insert(score.subject);
  EXPECT_EQ(groups, (std::set<std::string>{"redshift, objects with good", "redshift, objects with image_legacy"}));
  for (const auto& group : groups) {
    EXPECT_TRUE(score_of(answer, "magnitudes", "R2", group).baseline);
    EXPECT_TRUE(score_of(answer, "mean of the training", "R2", group).baseline);
  }
}

TEST(Knn, NothingWithoutVectors) { EXPECT_FALSE(KnnQuestion({}).applies({}, planted_subject().labels)); }

}  // namespace
}  // namespace asterism::eval
