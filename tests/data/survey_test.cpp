#include "data/survey.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace asterism::data {
namespace {

TEST(Survey, TheTableIsWhole) {
  for (const Survey& survey : surveys()) {
    EXPECT_STREQ(find_survey(survey.name).name, survey.name);
    EXPECT_GT(std::string(survey.sentence).size(), 10u);
    EXPECT_GT(std::string(survey.inputs).size(), 10u);
    EXPECT_NE(survey.open, nullptr);
  }
  EXPECT_THROW(find_survey("zcosmo"), base::UserError);
}

TEST(BadRows, CountAndStop) {
  BadRows bad(2);
  bad.add("f.csv", "3", "a, \"b\"\nc");
  bad.add("f.csv", "4", "plain");
  EXPECT_EQ(bad.csv(), "file,row,reason\nf.csv,3,\"a, \"\"b\"\" c\"\nf.csv,4,plain\n");
  EXPECT_EQ(bad.first(), "a, \"b\"\nc (row 3 of f.csv)");
  BadRows whole(5);
  whole.add("f.csv", "", "torn");
  EXPECT_EQ(whole.first(), "torn (f.csv)");
  EXPECT_THROW(bad.add("f.csv", "5", "one too many"), base::DataError);
  EXPECT_EQ(bad.count(), 2);
}

}  // namespace
}  // namespace asterism::data
