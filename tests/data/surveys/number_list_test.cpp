#include "data/surveys/number_list.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace asterism::data {
namespace {

using Numbers = std::vector<double>;

TEST(NumberList, PythonAndJson) {
  EXPECT_EQ(parse_number_list("(1.5, -2, 3e4)", "x"), (Numbers{1.5, -2, 3e4}));
  EXPECT_EQ(parse_number_list("[1,2,3]", "x"), (Numbers{1, 2, 3}));
  EXPECT_EQ(parse_number_list("(7,)", "x"), (Numbers{7}));
  EXPECT_TRUE(parse_number_list("", "x").empty());
  EXPECT_TRUE(parse_number_list(" [ ] ", "x").empty());
  const auto missing = parse_number_list("[1, null, nan]", "x");
  EXPECT_TRUE(std::isnan(missing[1]) && std::isnan(missing[2]));
}

TEST(NumberList, OtherTextIsRefused) {
  for (const char* text : {"1,2", "(1,2]", "[1,2", "[1 2]", "[1,,2]", "[a]", "[1e999]", "[1],", "[inf]", "[[1]]", "["})
    EXPECT_THROW(parse_number_list(text, "x"), base::DataError) << text;
  EXPECT_THROW(parse_number_list("[1,2,3]", "x", 2), base::DataError);
}

}  // namespace
}  // namespace asterism::data
