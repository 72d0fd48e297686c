#include "models/adapted_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace asterism::models {
namespace {

std::string adapted_refusal(const std::string& text) {
  AdaptedSettings s;
  auto fields = config::fields_of(s);
  try {
    config::read_text(fields, "backbone = 'm'\ntarget = 'redshift'\n" + text, "test.toml");
    check(s);
    return "";
  } catch (const base::UserError& error) {
    return error.what();
  }
}

TEST(AdaptedSettings, RefuseWhatContradictsOrDoesNothing) {
  using testing::HasSubstr;
  EXPECT_EQ(adapted_refusal(""), "");
  EXPECT_EQ(adapted_refusal("adapt = 'lora'\nrank = 8\nmerge = false"), "");
  EXPECT_EQ(adapted_refusal("task = 'classification'\nclasses = 3"), "");
  EXPECT_THAT(adapted_refusal("adapt = 'lores'"), HasSubstr("lora"));
  EXPECT_THAT(adapted_refusal("task = 'classification'"), HasSubstr("at least 2"));
  EXPECT_THAT(adapted_refusal("classes = 3"), HasSubstr("no effect"));
  EXPECT_THAT(adapted_refusal("rank = 8"), HasSubstr("no effect"));
  EXPECT_THAT(adapted_refusal("heads = 8"), HasSubstr("no effect"));
  EXPECT_THAT(adapted_refusal("hidden = 8"), HasSubstr("no effect"));
  EXPECT_THAT(adapted_refusal("task = 'regression'\ncomponents = 3"), HasSubstr("no effect"));
  EXPECT_THAT(adapted_refusal("given = ['redshift']"), HasSubstr("both given and the target"));
  AdaptedSettings none;
  EXPECT_THROW(check(none), base::UserError);
}

}  // namespace
}  // namespace asterism::models
