#include "tokenizers/light_curve_settings.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "config/settings.h"

namespace asterism::tokenizers {
namespace {

TEST(LightCurveSettings, ReadAndRefused) {
  LightCurveCodecSettings settings;
  auto fields = config::fields_of(settings);
  config::read_text(fields, "unit = \"mag\"\nlimits = \"censored\"\nlatents = 8\nbands = [\"b\"]\n", "test");
  EXPECT_TRUE(settings.magnitudes());
  EXPECT_EQ(settings.latents, 8);
  EXPECT_THROW(config::read_text(fields, "limits = \"guessed\"\n", "test"), base::UserError);
  EXPECT_THROW(config::read_text(fields, "hidden_share = 2.0\n", "test"), base::UserError);
}

}  // namespace
}  // namespace asterism::tokenizers
