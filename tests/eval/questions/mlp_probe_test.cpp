#include "eval/questions/mlp_probe.h"

#include <gtest/gtest.h>

#include "tests/eval/planted.h"

namespace asterism::eval {
namespace {

TEST(MlpProbe, ReadsOffWhatIsThereAndNothingOfNoise) {
  const auto planted = planted_subject();
  const auto answer =
      MlpProbeQuestion({.bootstrap = {.resamples = 100}}).ask(planted.subject, planted.labels, planted.split);
  EXPECT_GT(score_of(answer, "vectors of good", "R2", "redshift").interval.low, 0.9);
  EXPECT_LT(score_of(answer, "vectors of noise", "R2", "redshift").interval.value, 0.1);
  EXPECT_GT(score_of(answer, "vectors of good", "balanced accuracy", "object_class").interval.value, 0.9);
}

}  // namespace
}  // namespace asterism::eval
