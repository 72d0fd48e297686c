#include "data/published_id.h"

#include <gtest/gtest.h>

namespace asterism::data {
namespace {

TEST(PublishedId, WithoutBlanksAndPythonsMarks) {
  EXPECT_EQ(cleaned_id("b'   2575025233207519232'"), "2575025233207519232");
  EXPECT_EQ(cleaned_id("b\"12 \""), "12");
  EXPECT_EQ(cleaned_id("  J0000+01 a "), "J0000+01 a");
  EXPECT_EQ(cleaned_id("bc'"), "bc'");
  EXPECT_EQ(cleaned_id("b'"), "b'");
  EXPECT_EQ(cleaned_id("   "), "");
  EXPECT_EQ(cleaned_id(""), "");
}

}  // namespace
}  // namespace asterism::data
