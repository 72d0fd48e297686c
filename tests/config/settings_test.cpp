#include "config/settings.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace asterism::config {
namespace {

struct Two {
  int64_t a = 1;
  std::string b = "x";
};

TEST(Settings, NamesAreGivenOnce) {
  Two two;
  Fields fields;
  fields.add("a", two.a, "");
  EXPECT_THROW(fields.add("a", two.b, ""), base::CheckError);
  EXPECT_THROW(fields.add("", two.b, ""), base::CheckError);
}

TEST(Settings, RangesAreForNumbersAndChoicesForText) {
  Two two;
  Fields fields;
  EXPECT_THROW(fields.add("a", two.a, "").one_of({"1"}), base::CheckError);
  EXPECT_THROW(fields.add("b", two.b, "").between(0, 1), base::CheckError);
  EXPECT_THROW(fields.add("c", two.a, "").between(1, 0), base::CheckError);
}

TEST(Settings, FieldsKeepTheirAddressWhenMovedAndExtended) {
  Two two;
  Fields fields;
  Field& a = fields.add("a", two.a, "first");
  for (int i = 0; i < 100; ++i) fields.add("b" + std::to_string(i), two.b, "");
  Fields moved = std::move(fields);
  EXPECT_EQ(&a, moved.fields[0].get());
  EXPECT_EQ(a.help, "first");
}

}  // namespace
}  // namespace asterism::config
