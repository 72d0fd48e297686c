#include "base/temporary_folder.h"
#include "io/csv.h"
#include "tests/io/files.h"
#include "tests/io/sample_table.h"

namespace asterism::io {
namespace {

TEST(CsvWriter, WhatIsWrittenIsReadBack) {
  base::TemporaryFolder folder;
  const auto table = sample_table(50)->SelectColumns({0, 1, 2}).ValueOrDie();
  write_csv(folder / "a.csv", *table);
  const auto back = read_csv(folder / "a.csv", {.types = {{"flux", arrow::float32()}}});
  ASSERT_EQ(back->num_rows(), 50);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(back->column(i)->Equals(table->column(i))) << i;
}

TEST(CsvWriter, QuotesWhatMustBeQuoted) {
  base::TemporaryFolder folder;
  arrow::StringBuilder texts;
  ASSERT_TRUE(texts.AppendValues({"a,b", "say \"x\"", "two\nlines", "plain"}).ok());
  const auto table =
      arrow::Table::Make(arrow::schema({arrow::field("t,t", arrow::utf8())}), {texts.Finish().ValueOrDie()});
  write_csv(folder / "a.csv", *table);
  EXPECT_EQ(read_text(folder / "a.csv"), "\"t,t\"\n\"a,b\"\n\"say \"\"x\"\"\"\n\"two\nlines\"\nplain\n");
  EXPECT_TRUE(read_csv(folder / "a.csv")->column(0)->Equals(table->column(0)));
}

// Ids of tables that pandas or polars wrote.
TEST(CsvWriter, WritesLargeTextsAndWordsOfADictionary) {
  base::TemporaryFolder folder;
  arrow::LargeStringBuilder texts;
  arrow::StringDictionaryBuilder words;
  for (const char* word : {"x,1", "y", "x,1"}) {
    ASSERT_TRUE(texts.Append(word).ok());
    ASSERT_TRUE(words.Append(word).ok());
  }
  ASSERT_TRUE(texts.AppendNull().ok());
  ASSERT_TRUE(words.AppendNull().ok());
  const auto large = texts.Finish().ValueOrDie(), few = words.Finish().ValueOrDie();
  const auto table =
      arrow::Table::Make(arrow::schema({arrow::field("a", large->type()), arrow::field("b", few->type())}),
                         std::vector<std::shared_ptr<arrow::Array>>{large, few});
  write_csv(folder / "a.csv", *table);
  EXPECT_EQ(read_text(folder / "a.csv"), "a,b\n\"x,1\",\"x,1\"\ny,y\n\"x,1\",\"x,1\"\n,\n");
}

TEST(CsvWriter, RefusesListsAndLeavesNothing) {
  base::TemporaryFolder folder;
  EXPECT_NE(message_of<base::UserError>([&] { write_csv(folder / "a.csv", *sample_table(3)); }).find("column 'vector'"),
            std::string::npos);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace asterism::io
