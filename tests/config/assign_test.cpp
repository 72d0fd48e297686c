#include "config/assign.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "sample_settings.h"

namespace asterism::config {
namespace {

TEST(Assign, CollectsTheFullNamesOfWhatWasGiven) {
  Sample sample;
  Fields fields = fields_of(sample);
  std::set<std::string> given;
  assign(fields, parse_toml("steps = 1\n[optimiser]\nlearning_rate = 0\n[codecs.\"a b\"]\nbins = 2", "s"), Origin::toml,
         false, given);
  EXPECT_THAT(given, testing::UnorderedElementsAre("steps", "optimiser.learning_rate", "codecs.\"a b\"",
                                                   "codecs.\"a b\".bins"));
}

TEST(Assign, InfinitiesAsTextOnlyInJson) {
  Sample sample;
  Fields fields = fields_of(sample);
  std::set<std::string> given;
  assign(fields, parse_json(R"({"temperature": "-inf"})", "s"), Origin::json, false, given);
  EXPECT_EQ(sample.temperature, -std::numeric_limits<double>::infinity());
  EXPECT_THROW(assign(fields, parse_toml("temperature = \"inf\"", "s"), Origin::toml, false, given), base::UserError);
}

TEST(Assign, NothingIsReadWhereThereAreNoFields) {
  Fields none;
  std::set<std::string> given;
  EXPECT_NO_THROW(assign(none, parse_toml("", "s"), Origin::toml, false, given));
  EXPECT_THROW(assign(none, parse_toml("a = 1", "s"), Origin::toml, false, given), base::UserError);
}

TEST(Assign, KeysAreQuotedWhereTomlNeedsIt) {
  EXPECT_EQ(written_key("flux_g-2"), "flux_g-2");
  EXPECT_EQ(written_key("a.b"), "\"a.b\"");
  EXPECT_EQ(written_key(""), "\"\"");
}

}  // namespace
}  // namespace asterism::config
