#include "data/votable_header.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

namespace asterism::data {
namespace {

TEST(VotableHeader, SaysWhatEachColumnIs) {
  const auto words = [](const char* unit, const char* ucd, const char* text) {
    return arrow::key_value_metadata({"unit", "ucd", "description"}, {unit, ucd, text});
  };
  const auto schema = arrow::schema(
      {arrow::field("ra", arrow::float64(), true, words("deg", "pos.eq.ra;meta.main", "right <ascension> & \"more\"")),
       arrow::field("object_id", arrow::utf8()), arrow::field("n", arrow::int64()),
       arrow::field("v", arrow::fixed_size_list(arrow::float32(), 3)), arrow::field("w", arrow::list(arrow::utf8())),
       arrow::field("spectrum", arrow::struct_({arrow::field("flux", arrow::list(arrow::float32()), true,
                                                             arrow::key_value_metadata({"unit"}, {"Jy"}))}))});
  const std::string text = votable_header(*schema, {.name = "t", .title = "T", .licence = "CC BY"});
  for (const char* part :
       {"<FIELD name=\"ra\" datatype=\"double\" unit=\"deg\" ucd=\"pos.eq.ra;meta.main\"><DESCRIPTION>right "
        "&lt;ascension&gt; &amp; &quot;more&quot;</DESCRIPTION></FIELD>",
        "<FIELD name=\"object_id\" datatype=\"char\" arraysize=\"*\"/>", "<FIELD name=\"n\" datatype=\"long\"/>",
        "<FIELD name=\"v\" datatype=\"float\" arraysize=\"3\"/>",
        "<FIELD name=\"w\" datatype=\"char\" arraysize=\"*\"/>", "members: flux [Jy]", "value=\"CC BY\"",
        "<DESCRIPTION>T</DESCRIPTION>"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  const auto with = with_votable_header(schema, {.name = "t"});
  EXPECT_EQ(*with->metadata()->Get("IVOA.VOTable-Parquet.version"), "1.0");
  EXPECT_TRUE(with->Equals(*schema, false));
}

}  // namespace
}  // namespace asterism::data
