#include "similar/condition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace asterism::similar {
namespace {

using ::testing::HasSubstr;
using ::testing::Property;

TEST(Condition, ReadsEveryComparison) {
  const auto conditions = parse_conditions("a<1 and b <= -2.5e1, c>3 and d>=4 and e==5, f != +6 and g=7");
  ASSERT_EQ(conditions.size(), 7u);
  EXPECT_EQ(conditions[1].column, "b");
  EXPECT_EQ(conditions[1].comparison, Comparison::less_equal);
  EXPECT_EQ(conditions[1].value, -25);
  EXPECT_TRUE(conditions[0].holds(0.5) && !conditions[0].holds(1));
  EXPECT_TRUE(conditions[2].holds(3.5) && !conditions[2].holds(3));
  EXPECT_TRUE(conditions[3].holds(4) && !conditions[3].holds(3.9));
  EXPECT_TRUE(conditions[4].holds(5) && !conditions[4].holds(5.1));
  EXPECT_TRUE(conditions[5].holds(5) && !conditions[5].holds(6));
  EXPECT_TRUE(conditions[6].holds(7));
}

TEST(Condition, MissingValuesFulfilNothing) {
  for (const char* text : {"a<1", "a!=1", "a>=0", "a==0"})
    EXPECT_FALSE(parse_conditions(text)[0].holds(std::nan(""))) << text;
}

TEST(Condition, EmptyTextHasNone) { EXPECT_TRUE(parse_conditions("  ").empty()); }

TEST(Condition, NonsenseNamesThePlace) {
  const std::pair<const char*, const char*> cases[] = {{"redshift", "at 'the end'"},  {"redshift < x", "at 'x'"},
                                                       {"a<1 or b<2", "at 'or b<2'"}, {"a<1 and", "another condition"},
                                                       {"<1", "name of a column"},    {"a<1e999", "a number"},
                                                       {"a<nan", "a number"}};
  for (const auto& [text, place] : cases)
    EXPECT_THAT([text = text] { parse_conditions(text); },
                ::testing::Throws<base::UserError>(Property(&base::UserError::what, HasSubstr(place))))
        << text;
}

}  // namespace
}  // namespace asterism::similar
