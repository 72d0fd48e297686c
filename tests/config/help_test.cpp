#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sample_settings.h"

namespace asterism::config {
namespace {

TEST(Help, OneLineAFieldWithTypeDefaultAndWhatIsAllowed) {
  Sample sample;
  const std::string text = help(fields_of(sample));
  EXPECT_THAT(text,
              testing::ContainsRegex("\nsteps +whole number +1000 +updates of the weights \\(1 to 1000000000\\)\n"
                                     "|^steps +whole number +1000 +updates of the weights \\(1 to 1000000000\\)\n"));
  EXPECT_THAT(text, testing::ContainsRegex("\n\\[optimiser\\]  AdamW\noptimiser.learning_rate +number +0.001 +peak"));
  EXPECT_THAT(text, testing::HasSubstr("(one of 'cosine' and 'constant')"));
  EXPECT_THAT(text, testing::ContainsRegex("\ncodecs.NAME.bins +whole number +256 "));
  EXPECT_EQ(sample, Sample{});  // asking for help changes nothing
}

}  // namespace
}  // namespace asterism::config
