#include "eval/questions/retrieval.h"

#include <gtest/gtest.h>

#include "tests/eval/planted.h"

namespace asterism::eval {
namespace {

TEST(Retrieval, AlignedVectorsAreFoundBothWaysAndOthersAreNot) {
  auto planted = planted_subject();
  planted.subject.vectors["all"] = planted.subject.vectors.at("image_legacy");
  const auto answer =
      RetrievalQuestion({.bootstrap = {.resamples = 100}}).ask(planted.subject, planted.labels, planted.split);
  for (const auto* direction : {"image_legacy -> spectrum_desi", "spectrum_desi -> image_legacy"}) {
    EXPECT_GT(score_of(answer, "vectors", "recall@1", direction).interval.low, 0.9);
    EXPECT_EQ(score_of(answer, "chance", "recall@10", direction).interval.value, 0.1);
    EXPECT_EQ(score_of(answer, "chance", "median rank", direction).interval.value, 50.5);
  }
  EXPECT_LT(score_of(answer, "vectors", "recall@1", "noise -> good").interval.value, 0.1);
  for (const auto& score : answer.scores) {
    EXPECT_EQ(score.subject.find("all"), std::string::npos);  // a mixture is no direction
    EXPECT_NE(score.subject, "noise -> image_legacy");        // vectors of other widths cannot be compared
  }
}

}  // namespace
}  // namespace asterism::eval
