#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/random.h"
#include "sample_settings.h"

namespace asterism::config {
namespace {

Sample through_toml(Sample& sample) {
  Sample again;
  again.weights = {{"stale", 1}};
  Fields fields = fields_of(again);
  read_text(fields, to_toml(fields_of(sample)), "dump");
  return again;
}
Sample through_json(Sample& sample) {
  Sample again;
  Fields fields = fields_of(again);
  read_json(fields, to_json(fields_of(sample)), "dump");
  return again;
}

TEST(Write, RoundTripOfEveryKind) {
  Sample sample;
  sample.steps = 17;
  sample.resume = true;
  sample.name = "quotes \" ' \\ newline \n tab \t return \r bell \a delete \x7f unicode \u03b1\U0001F30C \"\"\" \u2028";
  sample.widths = {};
  sample.betas = {0.1, 1.0 / 3};
  sample.modalities = {"", "a\nb", "[x]"};
  sample.weights = {};
  sample.labels = {{"", "empty key"}, {"a.b", "dot"}, {"\u03b1 \"q\"", "\n"}};
  sample.optimiser.learning_rate = 0.1 + 0.2;
  sample.codecs["odd name.\n"] = CodecSample{12, "\u00c5"};
  EXPECT_EQ(through_toml(sample), sample);
  EXPECT_EQ(through_json(sample), sample);
}

TEST(Write, DoublesBitByBit) {
  using Limits = std::numeric_limits<double>;
  std::vector<double> values = {0.0,
                                -0.0,
                                1,
                                -1,
                                1e22,
                                1e23,
                                123456789012345680,
                                5e-324,
                                Limits::min(),
                                Limits::max(),
                                Limits::epsilon(),
                                Limits::infinity(),
                                -Limits::infinity()};
  base::Random random(1, 0, 0, "doubles");
  for (int i = 0; i < 2000; ++i) {
    const auto value = std::bit_cast<double>(random.bits64());
    if (std::isfinite(value)) values.push_back(value);
  }
  for (const double value : values) {
    Sample sample;
    sample.temperature = value;
    EXPECT_EQ(std::bit_cast<uint64_t>(through_toml(sample).temperature), std::bit_cast<uint64_t>(value)) << value;
    EXPECT_EQ(std::bit_cast<uint64_t>(through_json(sample).temperature), std::bit_cast<uint64_t>(value)) << value;
  }
  Sample sample;
  sample.temperature = NAN;
  EXPECT_TRUE(std::isnan(through_toml(sample).temperature));
  EXPECT_TRUE(std::isnan(through_json(sample).temperature));
}

struct Whole {
  int64_t value = 0;
  void describe(Fields& f) { f.add("value", value, ""); }
};

TEST(Write, WholeNumbersToTheirEnds) {
  for (const int64_t value : {INT64_MIN, INT64_MAX, int64_t{0}, int64_t{9007199254740993}}) {
    Whole whole{value}, toml, json;
    Fields toml_fields = fields_of(toml), json_fields = fields_of(json);
    read_text(toml_fields, to_toml(fields_of(whole)), "dump");
    read_json(json_fields, to_json(fields_of(whole)), "dump");
    EXPECT_EQ(toml.value, value);
    EXPECT_EQ(json.value, value);
  }
}

TEST(Write, TextThatIsNotUtf8IsRefused) {
  Sample sample;
  sample.name = "\xff";
  EXPECT_THROW(to_toml(fields_of(sample)), base::UserError);
  EXPECT_THROW(to_json(fields_of(sample)), base::UserError);
  sample.name = "";
  sample.labels["\xc0\x80"] = "";
  EXPECT_THROW(to_toml(fields_of(sample)), base::UserError);
}

TEST(Write, LooksLikeARecipe) {
  Sample sample;
  EXPECT_EQ(to_toml(fields_of(sample)), R"(steps = 1000
resume = false
temperature = 1.0
name = "run"
widths = [64, 128]
betas = [0.9, 0.999]
modalities = ["image_legacy"]
weights = {image = 1.0, spectrum = 2.0}
labels = {}

[optimiser]
learning_rate = 0.001
schedule = "cosine"

[codecs.redshift]
bins = 256
unit = ""
)");
}

}  // namespace
}  // namespace asterism::config
