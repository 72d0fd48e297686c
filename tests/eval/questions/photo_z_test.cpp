#include "eval/questions/photo_z.h"

#include <gtest/gtest.h>

#include "tests/eval/planted_posteriors.h"

namespace asterism::eval {
namespace {

TEST(PhotoZ, FindsTheNoiseThatWasPutIn) {
  auto planted = planted_subject(2000);
  EXPECT_FALSE(PhotoZQuestion({}).applies(planted.subject, planted.labels));
  add_posteriors(planted, 0.03, 1);
  const PhotoZQuestion question({.bootstrap = {.resamples = 100}});
  ASSERT_TRUE(question.applies(planted.subject, planted.labels));
  const auto answer = question.ask(planted.subject, planted.labels, planted.split);
  // The noise is 0.03 in z, and 1 + z is 1.5 in the middle.
  EXPECT_NEAR(score_of(answer, "model", "sigma_NMAD").interval.value, 0.02, 0.004);
  EXPECT_EQ(score_of(answer, "model", "outliers").interval.value, 0);
  EXPECT_GT(score_of(answer, "mean of the training", "sigma_NMAD").interval.value, 0.1);
  EXPECT_TRUE(score_of(answer, "magnitudes", "sigma_NMAD").baseline);
}

}  // namespace
}  // namespace asterism::eval
