#include "sky/light.h"

#include <gtest/gtest.h>

#include <cmath>

#include "astro/photometry.h"
#include "sky/library.h"
#include "sky/sed.h"

namespace asterism::sky {
namespace {

// The tables against the full spectrum, for objects as they are drawn.
TEST(Light, FluxesAreThoseOfTheSpectrum) {
  int checked = 0;
  for (int64_t index = 0; index < 60; ++index) {
    const ObjectTruth t = draw_object(11, index);
    const ObjectLight light = light_of(t);
    EXPECT_NEAR(light.total[kDecamR] / astro::nanomaggy_of(t.r_magnitude), 1, 1e-9);
    const Sed sed = sed_of(t, light, 1, 1, true);
    for (const BandId band : {kDecamG, kDecamR, kDecamI, kDecamZ, kSdssU, kSdssR, kWiseW1}) {
      const double exact = nanomaggies_of(sed, t.redshift, band), own = light.total[band];
      // Below 0.1% of the r flux (behind the Lyman limit) a hundredth means nothing.
      if (exact < 1e-3 * light.total[kDecamR]) continue;
      const double tolerance = t.kind == ObjectClass::quasar && t.redshift > 1.9 && band == kSdssU ? 0.03 : 0.0125;
      EXPECT_NEAR(own / exact, 1, tolerance)
          << t.id() << " class " << int(t.kind) << " z " << t.redshift << " " << filter_name(band);
      ++checked;
    }
  }
  EXPECT_GT(checked, 300);
}

TEST(Light, FurtherBandsAreThoseOfTheSpectrum) {
  for (const BandGroup group : {BandGroup::hsc, BandGroup::euclid, BandGroup::lsst, BandGroup::gaia, BandGroup::hst}) {
    photometry_of(group);
    int checked = 0;
    for (int64_t index = 0; index < 25; ++index) {
      const ObjectTruth t = draw_object(11, index);
      const ObjectLight first = light_of(t);
      ObjectLight light = first;
      add_light(t, group, light);
      for (int b = 0; b < kHscG; ++b) EXPECT_EQ(light.total[size_t(b)], first.total[size_t(b)]);
      const Sed sed = sed_of(t, light, 1, 1, true);
      for (int b = range_of(group).first; b < range_of(group).end; ++b) {
        const double exact = nanomaggies_of(sed, t.redshift, BandId(b)), own = light.total[size_t(b)];
        if (exact < 1e-3 * light.total[kDecamR]) continue;
        const double tolerance = t.kind == ObjectClass::quasar && t.redshift > 1.9 ? 0.04 : 0.0125;
        EXPECT_NEAR(own / exact, 1, tolerance)
            << t.id() << " class " << int(t.kind) << " z " << t.redshift << " " << filter_name(BandId(b));
        EXPECT_NEAR(light.disc[size_t(b)] + light.bulge[size_t(b)], t.kind == ObjectClass::galaxy ? own : 0,
                    1e-9 * own);
        ++checked;
      }
    }
    EXPECT_GT(checked, 24 * range_of(group).size());
  }
}

TEST(Light, MassFollowsDistance) {
  ObjectTruth t = draw_object(11, 0);
  for (int64_t i = 1; t.kind != ObjectClass::galaxy; ++i) t = draw_object(11, i);
  const ObjectLight near = light_of(t);
  t.r_magnitude += 2.5;
  EXPECT_NEAR(near.scale / light_of(t).scale, 10, 1e-6);
  EXPECT_NEAR(near.disc[kDecamZ] + near.bulge[kDecamZ], near.total[kDecamZ], 1e-9 * near.total[kDecamZ]);
}

}  // namespace
}  // namespace asterism::sky
