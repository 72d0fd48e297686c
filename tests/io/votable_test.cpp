#include "io/votable.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "io/base64.h"
#include "tests/io/files.h"
#include "tests/io/tables_golden.h"

namespace asterism::io {
namespace {

// A cell as JSON, as the golden has it.
nlohmann::json json_of(const arrow::Scalar& value) {
  if (!value.is_valid) return nullptr;
  if (value.type->id() == arrow::Type::LIST) {
    nlohmann::json out = nlohmann::json::array();
    const auto& items = *static_cast<const arrow::ListScalar&>(value).value;
    for (int64_t i = 0; i < items.length(); ++i) out.push_back(json_of(**items.GetScalar(i)));
    return out;
  }
  if (value.type->id() == arrow::Type::STRING) return value.ToString();
  if (value.type->id() == arrow::Type::BOOL) return static_cast<const arrow::BooleanScalar&>(value).value;
  if (arrow::is_integer(value.type->id())) return std::stoll(value.ToString());
  if (value.type->id() == arrow::Type::FLOAT) return double(static_cast<const arrow::FloatScalar&>(value).value);
  return static_cast<const arrow::DoubleScalar&>(value).value;
}

TEST(Votable, ThreeFormsAsAstropyWritesThem) {
  for (const char* form : {"tabledata", "binary", "binary2"}) {
    const auto table = read_votable(tables_path(std::string("table_") + form + ".vot"));
    ASSERT_EQ(table->num_rows(), 6);
    for (const auto& [name, values] : tables_golden()["table"].items()) {
      const auto column = table->GetColumnByName(name);
      ASSERT_TRUE(column) << name;
      for (int64_t row = 0; row < 6; ++row) {
        nlohmann::json want = values[size_t(row)];
        if (want == "") want = nullptr;  // an empty text is a missing one
        const auto got = json_of(**column->GetScalar(row));
        if (want.is_number_float() && got.is_number()) {
          EXPECT_FLOAT_EQ(got.get<float>(), want.get<float>()) << form << " " << name << " " << row;
        } else {
          EXPECT_EQ(got, want) << form << " " << name << " " << row;
        }
      }
    }
    const auto ra = table->schema()->GetFieldByName("ra")->metadata();
    EXPECT_EQ(ra->value(ra->FindKey("unit")), "deg");
    EXPECT_EQ(ra->value(ra->FindKey("ucd")), "pos.eq.ra;meta.main");
    EXPECT_EQ(ra->value(ra->FindKey("description")), "right ascension");
  }
}

std::string document(const std::string& fields, const std::string& data) {
  return "<?xml version=\"1.0\"?><v:VOTABLE xmlns:v=\"http://www.ivoa.net/xml/VOTable/v1.3\"><v:RESOURCE><v:TABLE>" +
         fields + "<v:DATA>" + data + "</v:DATA></v:TABLE></v:RESOURCE></v:VOTABLE>";
}

TEST(Votable, VariableLengthsAndPrefixes) {
  const std::string fields =
      "<v:FIELD name='n' datatype='char' arraysize='*'/><v:FIELD name='f' datatype='float' arraysize='*'/>"
      "<v:FIELD name='c' datatype='floatComplex'/>";
  const auto cells = parse_votable(
      document(fields, "<v:TABLEDATA><v:TR><v:TD>ab</v:TD><v:TD>1 2.5 NaN</v:TD><v:TD>1 2</v:TD></v:TR></v:TABLEDATA>"),
      "x");
  ASSERT_EQ(cells->num_columns(), 2);
  EXPECT_EQ(cells->schema()->metadata()->value(0), "c");
  const std::string raw(
      "\0\0\0\x02"
      "ab"
      "\0\0\0\x01\x3f\x80\0\0\0\0\0\0\0\0\0\0",
      22);
  const auto bytes = parse_votable(document(fields, "<v:BINARY><v:STREAM encoding='base64'>" +
                                                        encode_base64(bytes_of(raw)) + "</v:STREAM></v:BINARY>"),
                                   "x");
  EXPECT_EQ(json_of(**bytes->column(0)->GetScalar(0)), "ab");
  EXPECT_EQ(json_of(**bytes->column(1)->GetScalar(0)), nlohmann::json({1.0}));
}

TEST(Votable, BrokenOnesAreRefused) {
  const std::string f = "<v:FIELD name='a' datatype='int'/>";
  const auto td = [](const std::string& cells) { return "<v:TABLEDATA><v:TR>" + cells + "</v:TR></v:TABLEDATA>"; };
  for (const std::string& text :
       {std::string("<VOTABLE>"), std::string("<a/>"), std::string("<VOTABLE/>"), document("", td("")),
        document(f, td("<v:TD>x</v:TD>")), document(f, td("<v:TD>1</v:TD><v:TD>2</v:TD>")), document(f, td("")),
        document(f, td("<v:TD>99999999999</v:TD>")), document(f + f, td("")),
        document("<v:FIELD name='a' datatype='number'/>", td("")), document(f, "<v:FITS/>"),
        document("<v:FIELD name='a' datatype='int' arraysize='-1'/>", td("")),
        document(f, "<v:BINARY><v:STREAM href='http://x/y'/></v:BINARY>"),
        document(f, "<v:BINARY><v:STREAM encoding='base64'>AAA=</v:STREAM></v:BINARY>"),
        document(f, "<v:BINARY><v:STREAM encoding='base64'>!!</v:STREAM></v:BINARY>")})
    EXPECT_THROW(parse_votable(text, "x"), base::DataError) << text;
}

TEST(Votable, CutOrFlippedItIsADataErrorOrATable) {
  for (const char* form : {"tabledata", "binary2"}) {
    const std::string whole = read_text(tables_path(std::string("table_") + form + ".vot"));
    base::Random random(1, 0, 0, "flips");
    for (int trial = 0; trial < 200; ++trial) {
      std::string text = whole;
      if (trial % 2 == 0) text.resize(random.below(text.size()));
      if (trial % 2 == 1) text[random.below(text.size())] ^= char(1 << random.below(8));
      try {
        parse_votable(text, "flipped");
      } catch (const base::DataError&) {
      }
    }
  }
}

}  // namespace
}  // namespace asterism::io
