#include "eval/questions/linear_probe.h"

#include <gtest/gtest.h>

#include "tests/eval/planted.h"

namespace asterism::eval {
namespace {

TEST(LinearProbe, ReadsOffWhatIsLinear) {
  const auto planted = planted_subject();
  const auto answer =
      LinearProbeQuestion({.bootstrap = {.resamples = 100}}).ask(planted.subject, planted.labels, planted.split);
  EXPECT_GT(score_of(answer, "vectors of good", "R2", "redshift").interval.low, 0.99);
  EXPECT_LT(score_of(answer, "vectors of good", "sigma_NMAD", "redshift").interval.value, 0.005);
  EXPECT_LT(score_of(answer, "vectors of noise", "R2", "redshift").interval.value, 0.1);
  EXPECT_GT(score_of(answer, "vectors of good", "balanced accuracy", "object_class").interval.value, 0.95);
  EXPECT_FALSE(answer.plots.empty());
}

}  // namespace
}  // namespace asterism::eval
