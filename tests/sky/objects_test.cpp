#include "sky/objects.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "base/error.h"

namespace asterism::sky {
namespace {

TEST(Objects, AreFunctionsOfSeedAndIndex) {
  const ObjectTruth a = draw_object(7, 123), b = draw_object(7, 123), c = draw_object(8, 123), d = draw_object(7, 124);
  EXPECT_EQ(a.ra_deg, b.ra_deg);
  EXPECT_EQ(a.redshift, b.redshift);
  EXPECT_EQ(a.r_magnitude, b.r_magnitude);
  EXPECT_NE(a.ra_deg, c.ra_deg);
  EXPECT_NE(a.ra_deg, d.ra_deg);
  EXPECT_EQ(a.id(), "mock-7-123");
  EXPECT_NE(a.key(), d.key());
}

TEST(Objects, SettingsShapeThePopulation) {
  SkySettings s;
  s.galaxy_weight = 1;
  s.star_weight = 1;
  s.quasar_weight = 2;
  s.r_bright = 16;
  s.r_spectroscopic = 18;
  s.r_faint = 21;
  s.spectroscopic_share = 0.25;
  int kinds[3] = {}, bright = 0;
  const int n = 4000;
  for (int64_t i = 0; i < n; ++i) {
    const ObjectTruth t = draw_object(1, i, s);
    ++kinds[int(t.kind)];
    EXPECT_GE(t.r_magnitude, 16);
    EXPECT_LE(t.r_magnitude, 21);
    EXPECT_GE(t.dec_deg, 0);
    EXPECT_LE(t.dec_deg, 30.001);
    EXPECT_GE(t.ra_deg, 160);
    EXPECT_LE(t.ra_deg, 200);
    bright += t.r_magnitude < 18;
  }
  EXPECT_NEAR(kinds[0] / double(n), 0.25, 0.03);
  EXPECT_NEAR(kinds[2] / double(n), 0.5, 0.03);
  EXPECT_NEAR(bright / double(n), 0.25, 0.03);
}

TEST(Objects, ContradictorySettingsAreRefused) {
  SkySettings s;
  s.r_faint = 19;
  EXPECT_THROW(draw_object(1, 1, s), base::UserError);
  s = SkySettings();
  s.galaxy_weight = s.star_weight = s.quasar_weight = 0;
  EXPECT_THROW(draw_object(1, 1, s), base::UserError);
  s = SkySettings();
  s.spectroscopic_share = std::nan("");
  EXPECT_THROW(draw_object(1, 1, s), base::UserError);
  EXPECT_THROW(draw_object(1, -1), base::CheckError);
}

TEST(Objects, SettingsReadAndDump) {
  SkySettings s;
  auto fields = config::fields_of(s);
  config::read_text(fields, "r_faint = 22.0\nquasar_weight = 0.5\n", "test");
  EXPECT_EQ(s.r_faint, 22.0);
  EXPECT_EQ(s.quasar_weight, 0.5);
  EXPECT_THROW(config::read_text(fields, "r_faintest = 22.0\n", "test"), base::UserError);
}

}  // namespace
}  // namespace asterism::sky
