#include "infer/shared_modalities.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace asterism::infer {
namespace {

using Names = std::vector<std::string>;

std::string modalities_refusal(const Names& given) {
  try {
    shared_modalities({"flux_g", "flux_r", "image_legacy"}, {"flux_g", "redshift"}, given, "data/a");
    return "";
  } catch (const base::UserError& error) {
    return error.what();
  }
}

TEST(SharedModalities, WhatBothHaveInTheModelsOrder) {
  EXPECT_EQ(shared_modalities({"b", "a", "c"}, {"a", "b"}, {}, "d"), (Names{"b", "a"}));
  EXPECT_EQ(shared_modalities({"b", "a"}, {"a", "b"}, {"a"}, "d"), Names{"a"});
}

TEST(SharedModalities, WhatTheDataLackIsSaid) {
  testing::internal::CaptureStderr();
  shared_modalities({"b", "a", "c"}, {"a", "b"}, {}, "data/d");
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              testing::HasSubstr("given 'b' and 'a'; the model also reads 'c', which data/d has not"));
  testing::internal::CaptureStderr();
  shared_modalities({"a", "1", "2", "3", "4", "5", "6", "7", "8"}, {"a"}, {}, "data/d");
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr("and 2 more, which"));
  testing::internal::CaptureStderr();
  shared_modalities({"a", "b"}, {"a", "b"}, {"a"}, "data/d");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "") << "what was left out on purpose";
}

TEST(SharedModalities, SaysWhoLacksWhat) {
  EXPECT_THAT(modalities_refusal({"flux_x"}), testing::HasSubstr("the model does not read 'flux_x'"));
  EXPECT_THAT(modalities_refusal({"image_legacy"}), testing::HasSubstr("data/a has no 'image_legacy'"));
  EXPECT_THAT(modalities_refusal({"flux_g", "flux_g"}), testing::HasSubstr("'flux_g' is given twice"));
  EXPECT_EQ(modalities_refusal({"flux_g"}), "");
  EXPECT_THROW(shared_modalities({"a"}, {"b"}, {}, "d"), base::UserError);
}

}  // namespace
}  // namespace asterism::infer
