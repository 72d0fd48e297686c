#include "data/mmu_surveys.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <set>

namespace asterism::data {
namespace {

std::shared_ptr<arrow::Schema> with(const std::vector<const char*>& columns) {
  arrow::FieldVector fields = {arrow::field("object_id", arrow::utf8())};
  for (const char* name : columns) fields.push_back(arrow::field(name, arrow::float32()));
  return arrow::schema(fields);
}

TEST(MmuSurveys, EachIsToldByItsColumnsAndByItsName) {
  std::set<std::string> names;
  for (const auto& survey : mmu_surveys()) {
    EXPECT_TRUE(names.insert(survey.name).second) << survey.name;
    for (const auto& set : survey.columns) EXPECT_EQ(mmu_survey(*with(set), "/data/unnamed"), survey.name);
    EXPECT_EQ(mmu_survey(*with({}), std::string("/data/MMU_") + survey.name + "/part.parquet"), survey.name);
  }
  EXPECT_EQ(mmu_survey(*with({}), "/data/unnamed"), "unknown");
}

TEST(MmuSurveys, ANameInsideAWordSaysNothing) {
  for (const char* path : {"/data/analyses/cat.parquet", "/data/addresses/x.parquet", "/data/fritztf/x.parquet"})
    EXPECT_EQ(mmu_survey(*with({}), path), "unknown") << path;
  EXPECT_EQ(mmu_survey(*with({}), "/data/legacysurvey/x.parquet"), "legacy");
  EXPECT_EQ(mmu_survey(*with({}), "/data/analyses/mmu_yse_dr1.parquet"), "yse");
}

TEST(MmuSurveys, ColumnsSayMoreThanNames) {
  EXPECT_EQ(mmu_survey(*with({"ZWARNING"}), "/data/desi"), "sdss");
  EXPECT_EQ(mmu_survey(*with({}), "/data/jwst/primer-cosmos/legacy_2024"), "jwst");
  EXPECT_EQ(mmu_survey(*with({}), "/data/lsst/plasticc_train"), "plasticc");
}

}  // namespace
}  // namespace asterism::data
