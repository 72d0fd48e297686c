#include "sky/structure.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

namespace asterism::sky {
namespace {

SkySettings everything() {
  SkySettings s;
  s.spiral_share = 0.6;
  s.bar_share = 0.4;
  s.merger_share = 0.1;
  s.lens_share = 0.5;
  s.neighbour_share = 0.3;
  return s;
}

TEST(Structure, NothingUnlessAskedFor) {
  EXPECT_FALSE(wants_structure({}));
  EXPECT_TRUE(wants_structure(everything()));
  for (int64_t i = 0; i < 200; ++i) EXPECT_TRUE(draw_structure(draw_object(111, i), {}).plain());
}

TEST(Structure, SharesFollowTheSettings) {
  const SkySettings settings = everything();
  std::map<Morphology, int> classes;
  int galaxies = 0, objects = 0, neighbours = 0, lenses = 0, discs = 0, spirals = 0;
  for (int64_t i = 0; i < 1500; ++i, ++objects) {
    const ObjectTruth t = draw_object(111, i);
    const Structure s = draw_structure(t, settings);
    neighbours += s.has_neighbour;
    if (s.lens.einstein_radius_arcsec > 0) {
      ++lenses;
      EXPECT_GE(s.lens.einstein_radius_arcsec, 0.6);
      EXPECT_LT(s.lens.einstein_radius_arcsec, 5);
      EXPECT_GT(s.other.redshift, t.redshift);
      EXPECT_GT(s.other_light.total[kDecamG], 0);
      EXPECT_EQ(morphology_of(t, s), Morphology::lens);
    }
    if (t.kind != ObjectClass::galaxy) {
      EXPECT_EQ(morphology_of(t, s), Morphology::smooth);
      continue;
    }
    ++galaxies;
    ++classes[morphology_of(t, s)];
    if (!t.galaxy.quiescent && t.galaxy.disc.mass_share > 0.3 && s.merger.share == 0 &&
        s.lens.einstein_radius_arcsec == 0) {
      ++discs;
      spirals += s.arms.count > 0;
    }
    if (s.arms.count > 0) {
      EXPECT_FALSE(t.galaxy.quiescent);
    }
  }
  EXPECT_NEAR(neighbours / double(objects), 0.3, 0.05);
  EXPECT_NEAR(spirals / double(discs), 0.6, 0.06);
  EXPECT_NEAR(classes[Morphology::merger] / double(galaxies), 0.1, 0.03);
  EXPECT_GT(lenses, 5);
  EXPECT_GT(classes[Morphology::barred], 0);
  EXPECT_GT(classes[Morphology::barred_spiral], 0);
}

TEST(Structure, VotesFollowWhatIsThereAndHowWellItShows) {
  ObjectTruth t;
  t.kind = ObjectClass::galaxy;
  t.r_magnitude = 15;
  t.galaxy.disc.mass_share = 0.8;
  t.galaxy.disc.half_light_arcsec = 6;
  t.galaxy.disc.axis_ratio = 0.9;
  Structure arms;
  arms.arms.count = 2;
  arms.arms.share = 0.4;
  double with = 0, without = 0, small = 0, edge_on = 0;
  for (t.index = 0; t.index < 50; ++t.index) {
    with += draw_votes(t, arms).spiral / 50;
    without += draw_votes(t, {}).spiral / 50;
    ObjectTruth other = t;
    other.galaxy.disc.half_light_arcsec = 0.4;
    small += draw_votes(other, arms).spiral / 50;
    other = t;
    other.galaxy.disc.axis_ratio = 0.15;
    edge_on += draw_votes(other, {}).edge_on / 50;
  }
  EXPECT_GT(with, 0.8);
  EXPECT_LT(without, 0.1);
  EXPECT_LT(small, 0.2);
  EXPECT_GT(edge_on, 0.8);
}

}  // namespace
}  // namespace asterism::sky
