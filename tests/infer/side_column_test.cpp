#include "infer/side_column.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "data/split.h"
#include "infer/columns.h"

namespace asterism::infer {
namespace {

std::string side_at(const arrow::Array& column, int64_t row) {
  return dynamic_cast<const arrow::StringArray&>(column).GetString(row);
}

TEST(SideColumn, ByTheIdOrByWhatTheRowsSay) {
  std::vector<modalities::ObjectKey> objects;
  for (int i = 0; i < 50; ++i) objects.push_back({.survey = "test", .id = std::to_string(i)});
  const auto ids = text_column(std::vector<std::string>(50, "x"));
  const auto bare = arrow::Table::Make(arrow::schema({arrow::field("object_id", arrow::utf8())}),
                                       std::vector<std::shared_ptr<arrow::Array>>{ids});
  const auto by_id = side_column(*bare, objects);
  int of_test = 0;
  for (int i = 0; i < 50; ++i) {
    const bool test = data::Split("test").contains(data::split_number(std::to_string(i)));
    EXPECT_EQ(side_at(*by_id, i) == "test", test) << i;
    of_test += test;
  }
  EXPECT_GT(of_test, 0);
  arrow::DoubleBuilder numbers;  // repeats of one object: one side, and the last is left to its id
  for (int i = 0; i < 49; ++i) ASSERT_TRUE(numbers.Append(25).ok());
  ASSERT_TRUE(numbers.AppendNull().ok());
  const auto grouped = arrow::Table::Make(arrow::schema({arrow::field(data::kSplitColumn, arrow::float64())}),
                                          std::vector<std::shared_ptr<arrow::Array>>{numbers.Finish().ValueOrDie()});
  const auto by_number = side_column(*grouped, objects);
  for (int i = 0; i < 49; ++i) EXPECT_EQ(side_at(*by_number, i), "validation");
  EXPECT_EQ(side_at(*by_number, 49), side_at(*by_id, 49));
}

std::shared_ptr<arrow::Table> with_numbers(const std::vector<double>& numbers) {
  arrow::DoubleBuilder builder;
  EXPECT_TRUE(builder.AppendValues(numbers).ok());
  return arrow::Table::Make(arrow::schema({arrow::field(data::kSplitColumn, arrow::float64())}),
                            std::vector<std::shared_ptr<arrow::Array>>{builder.Finish().ValueOrDie()});
}

// NaN is what tables of others hold where a number is missing. Models learn from such an object by its id.
TEST(SideColumn, WhatIsNoSplitNumberIsReadAsWhereModelsLearn) {
  std::string id;
  for (int i = 0; id.empty(); ++i)
    if (data::Split("train").contains(data::split_number(std::to_string(i)))) id = std::to_string(i);
  const std::vector<modalities::ObjectKey> objects{{.survey = "test", .id = id}};
  EXPECT_EQ(side_at(*side_column(*with_numbers({std::nan("")}), objects), 0), "train");
  EXPECT_EQ(side_at(*side_column(*with_numbers({7}), objects), 0), "test");
  for (const double bad : {-5.0, 100.0, 7.5})
    EXPECT_THROW(side_column(*with_numbers({bad}), objects), base::DataError) << bad;
}

}  // namespace
}  // namespace asterism::infer
