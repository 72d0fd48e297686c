#include "eval/conditionals/drawing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "eval/conditionals/column.h"
#include "tests/eval/conditionals/tiny_table.h"

namespace asterism::eval {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

size_t occurrences(const std::string& text, const std::string& part) {
  size_t out = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++out;
  return out;
}

TEST(ConditionalsDrawing, EveryCellIsThere) {
  const auto table = planted::tiny_table(models::tiny::sky(1, 40));
  const auto svg = draw(table).svg();
  EXPECT_EQ(occurrences(svg, ">given</text>"), 4U + 5U);  // four cells of the diagonal, and beside every row
  EXPECT_EQ(occurrences(svg, "<image "), 1U + 2U * 4U);   // observed once; median and draw of each row that predicts it
  EXPECT_EQ(occurrences(svg, "a pixel</text>"), 2U * 4U);
  EXPECT_THAT(svg, HasSubstr(kEverythingElse));
  EXPECT_THAT(svg, Not(ContainsRegex("nan[^o]")));
  EXPECT_EQ(predictions_of(table, 0).size(), 4U);
}

// Of a model of one number the picture has one column: its title and legend need more room than that.
TEST(ConditionalsDrawing, OneColumnHasRoomForItsTitle) {
  auto table = planted::tiny_table(models::tiny::sky(1, 40));
  table.columns.resize(1);
  for (auto& row : table.cells) row.resize(1);
  const auto svg = draw(table).svg();
  const auto at = svg.find("viewBox=\"0 0 ");
  ASSERT_NE(at, std::string::npos);
  EXPECT_GE(std::stod(svg.substr(at + 13)), 560);
}

TEST(ConditionalsDrawing, WhatWasNotObservedSaysSo) {
  auto object = models::tiny::sky(1, 41);
  for (const char* name : {"image_legacy", "redshift", "flux_r"}) models::tiny::remove(object, name, 0);
  const auto svg = draw(planted::tiny_table(object)).svg();
  EXPECT_EQ(occurrences(svg, "not observed"), 2U);
  EXPECT_THAT(svg, HasSubstr("1 of 2 values"));
  EXPECT_THAT(svg, Not(ContainsRegex("nan[^o]")));
}

}  // namespace
}  // namespace asterism::eval
