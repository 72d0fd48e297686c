#include "io/any_table.h"

#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "base/temporary_folder.h"
#include "tests/io/files.h"
#include "tests/io/tables_golden.h"

namespace asterism::io {
namespace {

std::string unit_of(const arrow::Table& table, const std::string& column) {
  const auto field = table.schema()->GetFieldByName(column);
  if (!field || !field->metadata()) return "";
  const int at = field->metadata()->FindKey("unit");
  return at < 0 ? "" : field->metadata()->value(at);
}

TEST(AnyTable, FiveFormatsByTheirContent) {
  for (const auto& [name, format] :
       {std::pair("table.csv", "csv"), std::pair("table.ecsv", "ecsv"), std::pair("table.fits", "fits"),
        std::pair("table_binary2.vot", "votable"), std::pair("table.parquet", "parquet")}) {
    EXPECT_EQ(table_format(tables_path(name)), format);
    const auto table = read_any_table(tables_path(name));
    EXPECT_EQ(table->num_rows(), 6) << name;
    const auto source = table->GetColumnByName("source");
    ASSERT_TRUE(source) << name;
    const auto first = *source->GetScalar(0);
    EXPECT_EQ(first->ToString(), "5853498713190525696") << name;  // every digit
    if (std::string(format) != "csv" && std::string(format) != "parquet") {
      EXPECT_EQ(unit_of(*table, "ra"), "deg") << name;
    }
  }
}

TEST(AnyTable, FitsNullsAndVectors) {
  const auto table = read_any_table(tables_path("table.fits"));
  EXPECT_EQ(table->GetColumnByName("mag")->null_count(), 1);
  EXPECT_EQ(table->GetColumnByName("flux")->null_count(), 1);
  EXPECT_EQ(table->GetColumnByName("vector")->type()->id(), arrow::Type::FIXED_SIZE_LIST);
}

TEST(AnyTable, TextIsPartedAsItsHeaderIs) {
  const base::TemporaryFolder folder;
  for (const char* text : {"id , ra\n7,1.5\n", "id\tra\n7\t1.5\n", "# a comment\n# another\nid;ra\n7;1.5\n"}) {
    base::write_text(folder / "t.txt", text);
    const auto table = read_any_table(folder / "t.txt");
    ASSERT_EQ(table->num_rows(), 1) << text;
    EXPECT_EQ((*table->GetColumnByName("ra")->GetScalar(0))->ToString(), "1.5") << text;
    EXPECT_TRUE(table->GetColumnByName("id")) << text;
  }
  base::write_text(folder / "t.txt", "id ra\n7 1.5\n");
  EXPECT_NE(message_of([&] { read_any_table(folder / "t.txt"); }).find("blanks part its columns"), std::string::npos);
}

TEST(AnyTable, TextTellsWhereItsRowsStand) {
  const base::TemporaryFolder folder;
  const auto line = [&](const std::string& text) {
    base::write_text(folder / "t.txt", text);
    const auto words = read_any_table(folder / "t.txt")->schema()->metadata();
    return words == nullptr ? std::string("none") : *words->Get(kFirstLine);
  };
  EXPECT_EQ(line("id,ra\n7,1\n8,2\n"), "2");
  EXPECT_EQ(line("# one\n# two\nid;ra\n7;1\n"), "4");
  EXPECT_EQ(line("# %ECSV 1.0\n# ---\n# datatype:\n# - {name: id, datatype: int64}\nid\n7\n"), "6");
  EXPECT_EQ(line("id,ra\n7,1\n\n8,2\n"), "none");
}

TEST(AnyTable, WhatIsNoTableIsNamed) {
  const base::TemporaryFolder folder;
  base::write_text(folder / "cut.parquet", "PAR1");
  base::write_text(folder / "cut.fits", "SIMPLE  =");
  base::write_text(folder / "empty.csv", "");
  for (const char* name : {"cut.parquet", "cut.fits", "empty.csv"})
    EXPECT_NE(message_of([&] { read_any_table(folder / name); }).find(name), std::string::npos);
  EXPECT_THROW(read_any_table(folder.path()), base::UserError);
}

}  // namespace
}  // namespace asterism::io
