#include "io/ecsv.h"

#include <gtest/gtest.h>

#include "tests/io/files.h"
#include "tests/io/tables_golden.h"

namespace asterism::io {
namespace {

std::string word(const arrow::Table& table, const std::string& column, const std::string& key) {
  const auto metadata = table.schema()->GetFieldByName(column)->metadata();
  const int at = metadata ? metadata->FindKey(key) : -1;
  return at < 0 ? "" : metadata->value(at);
}

TEST(Ecsv, AstropysTable) {
  const auto table = read_ecsv(tables_path("table.ecsv"));
  EXPECT_EQ(table->num_rows(), 6);
  EXPECT_EQ(word(*table, "ra", "unit"), "deg");
  EXPECT_EQ(word(*table, "ra", "ucd"), "pos.eq.ra;meta.main");
  EXPECT_EQ(word(*table, "ra", "description"), "right ascension");
  EXPECT_EQ(word(*table, "vector", "subtype"), "float32[3]");
  EXPECT_EQ(table->GetColumnByName("mag")->null_count(), 1);
  const std::string text = read_text(tables_path("table.ecsv"));
  EXPECT_EQ(ecsv_header_lines(text), 20);
}

TEST(Ecsv, TheGaiaArchive) {
  ASTERISM_NEED_REAL_DATA();
  const auto table = read_ecsv(real_path("gaia_xp/XP_CONTINUOUS_RAW_with_missing_BP.ecsv"));
  EXPECT_EQ(table->num_rows(), 3);
  EXPECT_EQ(word(*table, "source_id", "ucd"), "meta.id;meta.main");
}

TEST(Ecsv, BrokenHeadersAreRefused) {
  const std::string head = "# %ECSV 1.0\n# ---\n";
  const std::string list = "# datatype:\n# - {name: a, datatype: int64}\n";
  EXPECT_EQ(parse_ecsv(head + list + "a\n1\n2\n", "x")->num_rows(), 2);
  for (const std::string& text :
       {std::string("a\n1\n"), head + "a\n1\n", head + "# datatype: [\na\n1\n", head + list + "b\n1\n",
        head + list + "a c\n1 2\n", head + "# delimiter: ;\n" + list + "a\n1\n",
        head + "# datatype:\n# - {datatype: int64}\na\n1\n", head + "# datatype: " + std::string(50, '[') + "\na\n1\n",
        head + "# " + std::string(10000, ' ') + "a: 1\na\n1\n"})
    EXPECT_THROW(parse_ecsv(text, "x"), base::DataError) << text.substr(0, 80);
}

}  // namespace
}  // namespace asterism::io
