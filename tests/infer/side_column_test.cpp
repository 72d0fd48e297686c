#include "infer/side_column.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace asterism::infer
