#include "sky/sed.h"

#include <gtest/gtest.h>

#include <cmath>

#include "astro/lines.h"

namespace asterism::sky {
namespace {

ObjectTruth first_of(ObjectClass kind) {
  for (int64_t i = 0;; ++i) {
    const ObjectTruth t = draw_object(3, i);
    if (t.kind == kind) return t;
  }
}

TEST(Sed, PartsAddUp) {
  const ObjectTruth t = first_of(ObjectClass::galaxy);
  const ObjectLight light = light_of(t);
  const Sed all = sed_of(t, light, 1, 1, true), disc = sed_of(t, light, 1, 0, true),
            bulge = sed_of(t, light, 0, 1, true);
  for (int c = 500; c < kCoarseCells; c += 37)
    EXPECT_NEAR(all.continuum.coarse[size_t(c)], disc.continuum.coarse[size_t(c)] + bulge.continuum.coarse[size_t(c)],
                1e-5f * all.continuum.coarse[size_t(c)]);
  EXPECT_FALSE(all.lines.empty());
  EXPECT_GT(disc.lines[0].flux, 0);
  EXPECT_EQ(bulge.lines[0].flux, 0);
}

TEST(Sed, LinesAreRedshifted) {
  const ObjectTruth t = first_of(ObjectClass::galaxy);
  const Sed sed = sed_of(t, light_of(t), 1, 1, false);
  bool found = false;
  for (const SedLine& line : sed.lines)
    found |= std::abs(line.observed_angstrom / (1 + t.redshift) - astro::line_angstrom("Halpha")) < 1e-6;
  EXPECT_TRUE(found);
}

TEST(Sed, PartialRangeIsTheSameWhereFilled) {
  for (const ObjectClass kind : {ObjectClass::galaxy, ObjectClass::star, ObjectClass::quasar}) {
    const ObjectTruth t = first_of(kind);
    const ObjectLight light = light_of(t);
    const Sed all = sed_of(t, light, 1, 1, false), part = sed_of(t, light, 1, 1, false, 5000, 6000);
    for (int i = 0; i < kFineCells; ++i) {
      const double observed = fine_angstrom(i) * (1 + t.redshift);
      if (observed > 5000 && observed < 6000) {
        EXPECT_NEAR(part.continuum.fine[size_t(i)] / all.continuum.fine[size_t(i)], 1, 2e-4);
      }
      if (observed < 4900) {
        EXPECT_EQ(part.continuum.fine[size_t(i)], 0);
      }
    }
  }
}

}  // namespace
}  // namespace asterism::sky
