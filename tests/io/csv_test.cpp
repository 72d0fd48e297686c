#include "io/csv.h"

#include "base/atomic_file.h"
#include "base/temporary_folder.h"
#include "tests/io/files.h"

namespace asterism::io {
namespace {

std::string csv_cell(const arrow::Table& table, const std::string& column, int64_t row) {
  return table.GetColumnByName(column)->GetScalar(row).ValueOrDie()->ToString();
}

TEST(Csv, GuessesTypesAndMissing) {
  const auto table = parse_csv("id,z,name,n\n1,0.5,a,3\n2,,\"b, \"\"c\"\"\",NaN\n3,nan,,4\n", "t");
  EXPECT_EQ(table->num_rows(), 3);
  EXPECT_EQ(table->GetColumnByName("id")->type()->id(), arrow::Type::INT64);
  EXPECT_EQ(table->GetColumnByName("z")->type()->id(), arrow::Type::DOUBLE);
  EXPECT_EQ(table->GetColumnByName("z")->null_count(), 2);
  EXPECT_EQ(table->GetColumnByName("n")->null_count(), 1);
  EXPECT_EQ(csv_cell(*table, "name", 1), "b, \"c\"");
  EXPECT_EQ(table->GetColumnByName("name")->null_count(), 1);  // the empty cell alone
}

TEST(Csv, TextKeepsWhatLooksLikeANumber) {
  CsvOptions options;
  options.types["id"] = arrow::utf8();
  const auto table = parse_csv("id,x\n007,1\nNaN,2\n", "t", options);
  EXPECT_EQ(csv_cell(*table, "id", 0), "007");
  EXPECT_EQ(csv_cell(*table, "id", 1), "NaN");
  options = {};
  options.all_text = true;
  EXPECT_EQ(csv_cell(*parse_csv("a,b\n1.50,x\n", "t", options), "a", 0), "1.50");
}

TEST(Csv, ColumnsInTheOrderAsked) {
  CsvOptions options;
  options.columns = {"c", "a"};
  const auto table = parse_csv("a,b,c\n1,2,3\n", "t", options);
  EXPECT_EQ(table->num_columns(), 2);
  EXPECT_EQ(table->field(0)->name(), "c");
  options.columns = {"cc"};
  EXPECT_NE(message_of([&] { parse_csv("a,b,c\n1,2,3\n", "t", options); }).find("the nearest is 'c'"),
            std::string::npos);
  options = {};
  options.types["d"] = arrow::utf8();
  EXPECT_THROW(parse_csv("a,b,c\n1,2,3\n", "t", options), base::DataError);
}

TEST(Csv, HeadersOfAllKinds) {
  EXPECT_EQ(parse_csv(",b\r\n1,2\r\n", "t")->field(0)->name(), "column_1");
  EXPECT_EQ(parse_csv("\xef\xbb\xbf"
                      "ra,dec\n1,2\n",
                      "t")
                ->field(0)
                ->name(),
            "ra");
  EXPECT_EQ(parse_csv("\"a\nb\",c\n1,2\n", "t")->field(0)->name(), "a\nb");
  EXPECT_EQ(parse_csv("12,true\n1,2\n", "t")->field(1)->name(), "true");
  EXPECT_EQ(parse_csv("a;b\n1;2\n", "t", {.delimiter = ';'})->num_columns(), 2);
  const auto empty = parse_csv("a,b\n", "t");
  EXPECT_EQ(empty->num_rows(), 0);
  EXPECT_EQ(empty->num_columns(), 2);
  EXPECT_EQ(parse_csv("a,b", "t")->num_rows(), 0);
  EXPECT_NE(message_of([] { parse_csv("a,b,a\n1,2,3\n", "t"); }).find("two columns are named 'a'"), std::string::npos);
  EXPECT_THROW(parse_csv("", "t"), base::DataError);
  EXPECT_THROW(parse_csv("\n", "t"), base::DataError);
}

TEST(Csv, ErrorsNameRowAndColumn) {
  const std::string ragged = message_of([] { parse_csv("a,b\n1,2\n3,4\n5\n", "'x.csv'"); });
  EXPECT_NE(ragged.find("'x.csv', line 4"), std::string::npos) << ragged;
  CsvOptions options;
  options.types["b"] = arrow::float64();
  const std::string typed = message_of([&] { parse_csv("a,b\n1,2\n3,four\n", "'x.csv'", options); });
  EXPECT_NE(typed.find("'x.csv', line 3, column 'b'"), std::string::npos) << typed;
  EXPECT_NE(typed.find("four"), std::string::npos) << typed;
  options.types["a"] = arrow::int64();
  EXPECT_THROW(parse_csv("a,b\n99999999999999999999,1\n", "t", options), base::DataError);
  options.all_text = true;
  EXPECT_THROW(parse_csv("a,c\nx,\xff\xfe\n", "t", {.all_text = true}), base::DataError);
}

// Lines of comment count as an editor counts them.
TEST(Csv, ErrorsNameTheLineOfTheFile) {
  const auto refused = [](std::string_view text) {
    CsvOptions options;
    options.types["b"] = arrow::float64();
    return message_of([&] {
      take_dialect(text, "'x.csv'", options);
      parse_csv(text, "'x.csv'", options);
    });
  };
  EXPECT_NE(refused("# made\n# today\na,b\n1,2\n3,four\n").find("'x.csv', line 5, column 'b'"), std::string::npos);
  EXPECT_EQ(refused("a,b\n1,four\n").find("decimal comma"), std::string::npos);
  for (const char* text : {"a;b\n1;2,5\n", "a,b\n1,\"2,5\"\n"})
    EXPECT_NE(refused(text).find("'2,5': it has a decimal comma; write the table with points"), std::string::npos)
        << refused(text);
}

TEST(Csv, WhereTheFirstRowStands) {
  EXPECT_EQ(first_row_line("a,b\n1,2\n3,4\n", 2, {}), 2);
  EXPECT_EQ(first_row_line("a,b\r\n1,2\r\n3,4", 2, {.lines_before = 3}), 5);
  EXPECT_EQ(first_row_line("\"a\n\",b\n1,2\n\n\n", 1, {}), 3);
  EXPECT_EQ(first_row_line("a,b\n1,2\n\n3,4\n", 2, {}), 0);  // blank lines are no rows
  EXPECT_EQ(first_row_line("a,b\n1,\"2\n\"\n", 1, {}), 0);
}

TEST(Csv, FilesPlainAndGzipped) {
  base::TemporaryFolder folder;
  const auto packed = gzip(bytes_of("a,b\n1,2\n"));
  base::write_text(folder / "a.csv.gz", std::string(reinterpret_cast<const char*>(packed.data()), packed.size()));
  EXPECT_EQ(read_csv(folder / "a.csv.gz")->num_rows(), 1);
  EXPECT_THROW(read_csv(folder / "a.csv.gz", {.limit = 4}), base::DataError);
  EXPECT_THROW(read_csv(folder / "none.csv"), base::UserError);
}

TEST(Csv, RealTables) {
  ASTERISM_NEED_REAL_DATA();
  const auto zcosmos = read_csv(real_path("zcosmos/zcosmost_bright20k.csv"));
  EXPECT_EQ(zcosmos->num_rows(), 17358);
  EXPECT_EQ(zcosmos->num_columns(), 36);
  const auto zoo = read_csv(real_path("legacy_galaxy_zoo/labels.csv"), {.types = {{"OBJID", arrow::utf8()}}});
  EXPECT_EQ(zoo->num_rows(), 750);
  EXPECT_EQ(zoo->GetColumnByName("OBJID")->type()->id(), arrow::Type::STRING);
  const auto variable = read_csv(real_path("eros_lightcurves/train_varlength_features.csv.gz"), {.all_text = true});
  EXPECT_EQ(variable->num_rows(), 2912);
}

}  // namespace
}  // namespace asterism::io
