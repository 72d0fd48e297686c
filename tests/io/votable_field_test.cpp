#include "io/votable_field.h"

#include <gtest/gtest.h>

#include <pugixml.hpp>

#include "tests/io/files.h"

namespace asterism::io {
namespace {

VotableField field(const char* xml) {
  pugi::xml_document document;
  EXPECT_TRUE(document.load_string(xml));
  return {document.first_child(), "file"};
}

TEST(VotableField, ArraySizesOfSeveralAxes) {
  auto f = field("<FIELD name='a' datatype='short' arraysize='2x2'/>");
  f.add_text("1 2 3 4");
  f.add_text("");
  EXPECT_NE(message_of([&] { f.add_text("1 2 3"); }).find("3 values in a cell of 4"), std::string::npos);
  const auto array = f.finish();
  EXPECT_EQ(array->length(), 2);
  EXPECT_EQ(array->null_count(), 1);
}

TEST(VotableField, NullsOfEachKind) {
  auto integer = field("<FIELD name='a' datatype='int'><VALUES null='-9'/></FIELD>");
  integer.add_text("-9");
  integer.add_text("0x1F");
  const auto integers = integer.finish();
  EXPECT_EQ(integers->null_count(), 1);
  EXPECT_EQ((*integers->GetScalar(1))->ToString(), "31");
  auto truth = field("<FIELD name='a' datatype='boolean'/>");
  for (const char* word : {"T", "false", "?"}) truth.add_text(word);
  EXPECT_EQ(truth.finish()->null_count(), 1);
  auto real = field("<FIELD name='a' datatype='double'/>");
  for (const char* word : {"NaN", "1e3", "+2"}) real.add_text(word);
  EXPECT_EQ(real.finish()->null_count(), 1);
}

}  // namespace
}  // namespace asterism::io
