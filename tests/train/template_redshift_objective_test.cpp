#include "train/template_redshift_objective.h"

#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "tests/models/tiny_template_redshift.h"
#include "tests/train/golden.h"
#include "tests/train/resume.h"
#include "train/metrics_log.h"

namespace asterism::train {
namespace {

class TemplateRedshiftObjectiveTest : public testing::Test {
 protected:
  TemplateRedshiftObjectiveTest() {
    models::tiny::spectrum_templates()->save(folder_ / "codec");
    settings_.model.codec = (folder_ / "codec").string();
    settings_.model.modality = "spectrum_desi";
  }
  base::TemporaryFolder folder_;
  TemplateRedshiftObjectiveSettings settings_;
};

TEST_F(TemplateRedshiftObjectiveTest, LearnsItsFourNumbers) {
  EXPECT_EQ(settings_.modalities(), (std::vector<std::string>{"spectrum_desi", "redshift"}));
  const auto objective = settings_.make(1);
  EXPECT_EQ(objective->parameters().count(), 4);
  EXPECT_TRUE(objective->separable());
  data::MemorySource source(eight_objects(), {.batch_size = 8, .seed = 1});
  train(*objective, source, nullptr, by_heart(60, 5e-2), {.folder = folder_ / "run"});
  const auto curve = curve_of(read_metrics(folder_ / "run" / "metrics.jsonl"), "loss");
  EXPECT_LT(curve.values.back(), curve.values.front());
}

TEST_F(TemplateRedshiftObjectiveTest, MeansMoveBeforeTheFirstStepWhereAsked) {
  const auto as_it_was = settings_.make(1), moved = [&] {
    settings_.model.learn_means = true;
    return settings_.make(1);
  }();
  as_it_was->prepare(eight_objects());
  moved->prepare(eight_objects());
  const auto before = as_it_was->statistics()->all(), after = moved->statistics()->all();
  ASSERT_EQ(before.size(), after.size());
  EXPECT_FALSE(at::equal(before.begin()->second[0], after.begin()->second[0])) << "the mean";
  EXPECT_TRUE(at::equal(before.begin()->second[1], after.begin()->second[1])) << "a direction";
}

TEST_F(TemplateRedshiftObjectiveTest, ResumeGivesTheSameBits) {
  settings_.model.learn_means = true;
  expect_resume_gives_the_same_bits([&] { return settings_.make(1); }, eight_objects(), by_heart(8, 1e-2));
}

}  // namespace
}  // namespace asterism::train
