#include "report/table.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace asterism::report {
namespace {

TEST(Table, NumbersStandAtTheirPoint) {
  const std::string html = table_html({.columns = {{"model", ""}, {"value", "mag"}},
                                       .rows = {{"a<b", "12.5"}, {"b", "-0.0137 [0.01, 0.02]"}, {"c", ""}},
                                       .caption = "c",
                                       .emphasised = {1}});
  EXPECT_NE(html.find("<td>a&lt;b</td>"), std::string::npos);
  EXPECT_NE(html.find("<span class=\"whole\" style=\"width:2.5ch\">12</span>"), std::string::npos);
  EXPECT_NE(html.find("\u22120</span><span class=\"part\" style=\"width:18ch\">.0137 [0.01, 0.02]</span>"),
            std::string::npos)
      << html;
  EXPECT_NE(html.find("class=\"missing\""), std::string::npos);
  EXPECT_NE(html.find("<tr class=\"strong\">"), std::string::npos);
}

TEST(Table, NamesThatBeginWithDigitsStayText) {
  const std::string html =
      table_html({.columns = {{"object", ""}}, .rows = {{"3C273"}, {"47 Tuc"}}, .caption = "", .emphasised = {}});
  EXPECT_NE(html.find("<td>3C273</td>"), std::string::npos);
  EXPECT_NE(html.find("<td>47 Tuc</td>"), std::string::npos);
  EXPECT_THROW(table_html({.columns = {{"a", ""}}, .rows = {{"1", "2"}}, .caption = "", .emphasised = {}}),
               base::UserError);
}

TEST(Table, SignificantDigits) {
  EXPECT_EQ(significant(0.01372), "0.0137");
  EXPECT_EQ(significant(1234567), "1,230,000");
  EXPECT_EQ(significant(9999), "10,000");
  EXPECT_EQ(significant(9.996), "10.0");
  EXPECT_EQ(significant(-1234), "-1230");
  EXPECT_EQ(significant(-123456), "-123,000");
  EXPECT_EQ(significant(0), "0");
  EXPECT_EQ(significant(1.234e-7), "1.23e-7");
  EXPECT_EQ(significant(std::nan("")), "");
  EXPECT_EQ(significant(0.5, 1), "0.5");
}

TEST(Table, IntervalsGetTheDigitsTheyDeserve) {
  EXPECT_EQ(with_interval(0.013712, 0.01309, 0.01441), "0.0137 [0.0131, 0.0144]");
  EXPECT_EQ(with_interval(0.617, 0.481, 0.726), "0.62 [0.48, 0.73]");
  EXPECT_EQ(with_interval(120, 100, 140), "120 [100, 140]");
  EXPECT_EQ(with_interval(2, 2, 2), "2.00");
  EXPECT_EQ(with_interval(0, 0, 1e-16), "0 [0, 1.00e-16]");
  EXPECT_EQ(with_interval(3e-9, 2e-9, 5e-9), "3.00e-9 [2.00e-9, 5.00e-9]");
  EXPECT_EQ(with_interval(0.9987123, 0.9987121, 0.9987125), "0.999");
  EXPECT_EQ(with_interval(0.998712, 0.998701, 0.998729), "0.998712 [0.998701, 0.998729]");
  EXPECT_EQ(with_interval(1234567, 1200000, 1300000), "1,230,000 [1,200,000, 1,300,000]");
}

}  // namespace
}  // namespace asterism::report
