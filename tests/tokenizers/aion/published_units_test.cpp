#include "tokenizers/aion/published_units.h"

#include <gtest/gtest.h>

#include <set>

#include "astro/units.h"
#include "tokenizers/aion/published_codec.h"

namespace asterism::tokenizers::aion {
namespace {

// Whatever one of the scalar codecs reads has a unit that is understood, but for the moments of HSC's shapes.
TEST(PublishedUnits, EveryNumberHasOneThatIsUnderstood) {
  std::set<std::string> without;
  for (const auto& entry : token_keys()) {
    const std::string kind = entry.kind;
    if (kind != "aion_scalar" && kind != "aion_log_scalar" && kind != "aion_grid_scalar") continue;
    const auto unit = published_unit(entry.codec);
    if (!unit)
      without.insert(entry.codec);
    else
      EXPECT_NO_THROW(astro::parse_unit(*unit)) << entry.codec;
  }
  EXPECT_EQ(without, (std::set<std::string>{"i_sdssshape_shape11", "i_sdssshape_shape12", "i_sdssshape_shape22"}));
}

TEST(PublishedUnits, AsTheSurveysMeasure) {
  EXPECT_EQ(published_unit("FLUX_W3"), "nanomaggy");
  EXPECT_EQ(published_unit("Z"), "");
  EXPECT_EQ(published_unit("parallax"), "mas");
  EXPECT_FALSE(published_unit("flux_g"));  // a name of our datasets, not the package's
  EXPECT_FALSE(published_unit(""));
}

}  // namespace
}  // namespace asterism::tokenizers::aion
