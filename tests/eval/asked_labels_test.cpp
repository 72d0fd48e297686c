#include "eval/asked_labels.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "data/split.h"

namespace asterism::eval {
namespace {

TEST(AskedLabels, AreTheScalarsThatAreNotObserved) {
  modalities::Batch batch;
  for (const char* name : {"redshift", "flux_g", "mag_r", "redshift_ok", data::kSplitColumn})
    batch.blocks.emplace(name, modalities::ScalarBlock{});
  batch.blocks.emplace("spectrum_desi", modalities::SpectrumBlock{});
  EXPECT_EQ(asked_labels(batch, {}), (std::vector<std::string>{"redshift", "redshift_ok"}));
  EXPECT_EQ(asked_labels(batch, {"flux_g"}), std::vector<std::string>{"flux_g"});
  EXPECT_THROW(asked_labels(batch, {"spectrum_desi"}), base::UserError);
  EXPECT_TRUE(is_flag("redshift_ok"));
  EXPECT_FALSE(is_flag("redshift"));
}

TEST(AskedLabels, ConstantMeansWhereKnown) {
  EXPECT_TRUE(is_constant({{1, 5, 1}, {1, 0, 1}, false, ""}));
  EXPECT_FALSE(is_constant({{1, 5, 1}, {1, 1, 1}, false, ""}));
  EXPECT_TRUE(is_constant({{1, 5}, {0, 0}, false, ""}));
}

}  // namespace
}  // namespace asterism::eval
