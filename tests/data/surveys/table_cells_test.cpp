#include "data/surveys/table_cells.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "io/any_table.h"

namespace asterism::data {
namespace {

template <class Builder, class T>
std::shared_ptr<arrow::Array> array(const std::vector<T>& values) {
  Builder builder;
  EXPECT_TRUE(builder.AppendValues(values).ok());
  return *builder.Finish();
}

TEST(TableCells, TypedAndTextCellsReadAlike) {
  const auto text = array<arrow::StringBuilder, std::string>({" 1.5 ", "--", "+2", "x", "b'  7'", "True"});
  const auto real = array<arrow::DoubleBuilder, double>({1.5, NAN, 2, 3, 4, 5});
  const auto whole = array<arrow::Int64Builder, int64_t>({5853498713190525696, 2, 3, 4, 5, 6});
  const TableCells cells(
      arrow::Table::Make(arrow::schema({arrow::field("t", text->type()), arrow::field("r", real->type()),
                                        arrow::field("w", whole->type())}),
                         {text, real, whole}),
      "file.csv");
  EXPECT_EQ(cells.number(0, "t"), 1.5);
  EXPECT_FALSE(cells.number(1, "t"));
  EXPECT_EQ(cells.number(2, "t"), 2);
  EXPECT_EQ(cells.number(5, "t"), 1);
  EXPECT_FALSE(cells.number(1, "r"));
  EXPECT_EQ(cells.id(4, "t"), "7");
  EXPECT_EQ(cells.id(0, "w"), "5853498713190525696");
  EXPECT_THROW(cells.id(0, "r"), base::DataError);
  try {
    cells.number(3, "t");
    FAIL();
  } catch (const base::DataError& error) {
    EXPECT_NE(std::string(error.what()).find("file.csv, row 4 (the first is 1), column t: 'x' is no number"),
              std::string::npos);
  }
  EXPECT_THROW(cells.need("T"), base::UserError);
  EXPECT_EQ(cells.number_of(0), 1);
  const TableCells lines(
      arrow::Table::Make(
          arrow::schema({arrow::field("t", text->type())}, arrow::key_value_metadata({io::kFirstLine}, {"5"})), {text}),
      "file.csv");
  EXPECT_EQ(lines.number_of(3), 8);
  EXPECT_THAT([&] { lines.number(3, "t"); },
              testing::ThrowsMessage<base::DataError>(testing::HasSubstr("file.csv, line 8, column t")));
  for (const char* wrong : {"x", "", "0", "-4", "99999999999999999999"}) {
    const auto words = arrow::key_value_metadata({io::kFirstLine}, {wrong});
    const TableCells rows(arrow::Table::Make(arrow::schema({arrow::field("t", text->type())}, words), {text}),
                          "file.parquet");
    EXPECT_EQ(rows.number_of(3), 4) << wrong << ", as a foreign file may say";
  }
}

// A program that holds ids as floating numbers writes them so into text: other ids than the survey's, or one for many.
TEST(TableCells, AnIdThatWasAFloatingNumberIsRefusedInTextToo) {
  const std::vector<std::string> lost = {"12.0", "12.", "-3.00", "5.853498713190526e+18", "6e+18", "5.85E+18"};
  const std::vector<std::string> names = {"12", "3655.55240", "12e5", "1.0a", ".0",
                                          "-",  "J1234+0.5",  "5e+",  "1.5",  "NGC 1.0"};
  const auto read = [](const std::vector<std::string>& words) {
    const auto text = array<arrow::StringBuilder, std::string>(words);
    return TableCells(arrow::Table::Make(arrow::schema({arrow::field("t", text->type())}), {text}), "file.csv");
  };
  const auto bad = read(lost), good = read(names);
  for (size_t i = 0; i < lost.size(); ++i) EXPECT_THROW(bad.id(int64_t(i), "t"), base::DataError) << lost[i];
  for (size_t i = 0; i < names.size(); ++i) EXPECT_EQ(good.id(int64_t(i), "t"), names[i]);
}

TEST(TableCells, ListsOfBothKinds) {
  const auto text = array<arrow::StringBuilder, std::string>({"[1,null]", ""});
  auto items = std::make_shared<arrow::FloatBuilder>();
  arrow::ListBuilder lists(arrow::default_memory_pool(), items);
  EXPECT_TRUE(lists.Append().ok() && items->Append(1).ok() && items->AppendNull().ok() && lists.AppendNull().ok());
  const auto list = *lists.Finish();
  const TableCells cells(
      arrow::Table::Make(arrow::schema({arrow::field("t", text->type()), arrow::field("l", list->type())}),
                         {text, list}),
      "file");
  for (const char* column : {"t", "l"}) {
    const auto values = cells.list(0, column);
    ASSERT_EQ(values.size(), 2U) << column;
    EXPECT_EQ(values[0], 1);
    EXPECT_TRUE(std::isnan(values[1]));
    EXPECT_TRUE(cells.list(1, column).empty());
  }
}

}  // namespace
}  // namespace asterism::data
