#include "eval/conditionals/scalar_column.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/eval/conditionals/tiny_table.h"

namespace asterism::eval {
namespace {

using testing::HasSubstr;

// All the probability in one bin of the unit interval.
models::ScalarPosterior certain(double low, double high) {
  const auto probability = at::tensor({0.0, 1.0, 0.0}, at::kDouble).view({1, 3});
  return {probability, at::tensor({low - 1, low, high, high + 1}, at::kDouble), ""};
}

TEST(ScalarColumn, IntervalsHaveAsManyDigitsAsTheyDeserve) {
  EXPECT_EQ(with_interval(0.31234, 0.2712, 0.3821), "0.312 +0.070 −0.041");
  EXPECT_EQ(with_interval(1234.5, 1100, 1300), "1234 +66 −134");
  EXPECT_EQ(with_interval(2, 2, 2), "2.000 +0.000 −0.000");
}

TEST(ScalarColumn, APosteriorAndTheTruthAreDrawnOnOneAxis) {
  auto table = planted::tiny_table(models::tiny::sky(1, 40), {"flux_g", "redshift"});
  const size_t column = table.columns[0].name == "redshift" ? 0 : 1;
  auto& prediction = table.cells[column == 0 ? 1 : 0][column].prediction;
  prediction.scalars.clear();
  prediction.scalars.emplace("redshift", certain(0.4, 0.6));
  std::get<modalities::ScalarBlock>(table.object.blocks.at("redshift")).value[0] = 0.5;
  report::Drawing drawing(100, 100);
  const PosteriorColumn drawn(table, column);
  EXPECT_EQ(drawn.draw_predicted(drawing, {0, 0, 100, 50}, prediction), "0.500 +0.068 −0.068");
  EXPECT_EQ(drawn.draw_observed(drawing, {0, 0, 100, 50}), "0.5");
  EXPECT_THAT(drawing.svg(), HasSubstr("M50.00,0.00 L50.00,50.00"));  // the truth in the middle
}

TEST(ScalarColumn, ValuesAreOffByMagnitudes) {
  auto table = planted::tiny_table(models::tiny::sky(1, 40), {"flux_g", "flux_r", "redshift"});
  const size_t column = table.columns[0].modalities.size() == 2 ? 0 : 1;
  auto& prediction = table.cells[column == 0 ? 1 : 0][column].prediction;
  prediction.scalars.clear();
  for (const char* name : {"flux_g", "flux_r"}) {
    prediction.scalars.emplace(name, certain(0.9, 1.1));  // median 1
    std::get<modalities::ScalarBlock>(table.object.blocks.at(name)).value[0] = name[5] == 'g' ? 1.0 : 10.0;
  }
  report::Drawing drawing(100, 100);
  const ValuesColumn drawn(table, column);
  EXPECT_EQ(drawn.draw_predicted(drawing, {0, 0, 100, 50}, prediction), "off by 1.25 mag");
  EXPECT_EQ(drawn.draw_observed(drawing, {0, 0, 100, 50}), "2 of 2 values");
}

}  // namespace
}  // namespace asterism::eval
