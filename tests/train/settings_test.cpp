#include "train/settings.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace asterism::train {
namespace {

TEST(TrainSettings, ReadsItsKeysAndRefusesOthers) {
  TrainSettings settings;
  auto fields = config::fields_of(settings);
  config::read_text(fields, "steps = 7\nlearning_rate = 0.01\nprecision = 'auto'\n", "test");
  EXPECT_EQ(settings.steps, 7);
  EXPECT_EQ(settings.optimiser.learning_rate, 0.01);
  EXPECT_THROW(config::read_text(fields, "precision = 'fp8'", "test"), base::UserError);
  EXPECT_THROW(config::read_text(fields, "step = 3", "test"), base::UserError);
}

TEST(TrainSettings, IdentityIsAboutResultsAlone) {
  TrainSettings a, b;
  b.log_every = 3;
  b.keep = 9;
  EXPECT_EQ(resume_identity(a), resume_identity(b));
  b.optimiser.learning_rate = 0.5;
  EXPECT_NE(resume_identity(a), resume_identity(b));
  EXPECT_EQ(judging_identity(a), judging_identity(b));
  b.validate_batches = 3;
  EXPECT_NE(judging_identity(a), judging_identity(b));
}

}  // namespace
}  // namespace asterism::train
