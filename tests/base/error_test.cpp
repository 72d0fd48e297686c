#include "base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace asterism::base {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

TEST(Error, ThreeKindsThatAreNotOneAnother) {
  EXPECT_THROW(user_error("no survey '{}'", "sdsss"), UserError);
  EXPECT_THROW(data_error("row {}", 3), DataError);
  try {
    data_error("row {} of {}", 3, "a.fits");
  } catch (const UserError&) {
    FAIL();
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(), "row 3 of a.fits");
  }
}

TEST(Error, ACheckSaysExpressionValuesAndPlace) {
  const int n = 3;
  try {
    ASTERISM_CHECK(n == 4, "{} values for {} rows", n, 4);
    FAIL();
  } catch (const CheckError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("error_test.cpp:"), HasSubstr("'n == 4'"),
                                    HasSubstr("3 values for 4 rows"), EndsWith("report it.")));
  }
  EXPECT_NO_THROW(ASTERISM_CHECK(n == 3));
  try {
    fail_check("/somewhere/else/src/base/x.cpp", 7, "a", "");
  } catch (const CheckError& error) {
    EXPECT_THAT(error.what(), AllOf(testing::StartsWith("src/base/x.cpp:7"), Not(HasSubstr("else"))))
        << "paths of the build machine stay out";
  }
}

TEST(Error, ACheckEvaluatesItsExpressionOnceAndItsMessageOnlyOnFailure) {
  int evaluated = 0, formatted = 0;
  const auto value = [&] { return ++formatted; };
  ASTERISM_CHECK(++evaluated == 1, "{}", value());
  EXPECT_EQ(evaluated, 1);
  EXPECT_EQ(formatted, 0);
}

TEST(Error, Nearest) {
  const std::vector<std::string> surveys = {"legacy", "sdss", "desi"};
  EXPECT_EQ(nearest("dess", surveys), "desi");
  EXPECT_EQ(nearest("sds", surveys), "sdss");
  EXPECT_EQ(nearest("legcay", surveys), "legacy");
  EXPECT_EQ(nearest("", {"ab", "a", "b"}), "a");                             // ties: the first of the nearest
  EXPECT_EQ(nearest("sdss", {"boss", "desi", "sdss_stars"}), "sdss_stars");  // begun, not mistyped
  EXPECT_EQ(nearest("sdss", {"sdss_stars", "sdsz"}), "sdsz");
  EXPECT_EQ(nearest("ztf_alerts", {"eros", "ztf", "tess"}), "ztf");
  EXPECT_EQ(nearest("x", {}), "");
}

TEST(Error, QuotedList) {
  EXPECT_EQ(quoted_list({}), "");
  EXPECT_EQ(quoted_list({"a"}), "'a'");
  EXPECT_EQ(quoted_list({"a", "b"}), "'a' and 'b'");
  EXPECT_EQ(quoted_list({"a", "b", "c"}), "'a', 'b' and 'c'");
}

}  // namespace
}  // namespace asterism::base
