#include "sky/light_curve.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sky/draw.h"
#include "sky/library.h"

namespace asterism::sky {
namespace {

ObjectLight full_light(const ObjectTruth& t) {
  photometry_of(BandGroup::lsst);
  ObjectLight light = light_of(t);
  add_light(t, BandGroup::lsst, light);
  return light;
}

TEST(LightCurve, ConstantObjectsScatterAsTheirErrorsSay) {
  double chi2 = 0;
  int n = 0;
  for (int64_t i = 0; i < 60; ++i) {
    const ObjectTruth t = draw_object(101, i);
    for (const auto& p : observe_light_curve(t, full_light(t), VariableTruth(), lsst_curves())) {
      EXPECT_FALSE(p.masked || p.upper_limit);
      chi2 += std::pow(double(p.value) / double(p.error), 2);
      ++n;
    }
  }
  EXPECT_NEAR(chi2 / n, 1, 0.05 + 5 * std::sqrt(2.0 / n));
}

TEST(LightCurve, WhatIsNotSeenIsALimitAndWhatIsSeenIsAboveIt) {
  int limits = 0, seen = 0;
  for (int64_t i = 0; i < 40; ++i) {
    const ObjectTruth t = draw_object(101, i);
    for (const auto& p : observe_light_curve(t, full_light(t), VariableTruth(), ztf_curves())) {
      EXPECT_EQ(p.masked, p.upper_limit);
      if (p.upper_limit) {
        EXPECT_NEAR(p.value, 5 * p.error, 1e-4f * p.value);
      }
      (p.upper_limit ? limits : seen) += 1;
    }
  }
  EXPECT_LT(seen, limits / 100);  // five sigma by chance

  ObjectTruth near = draw_object(101, 0);
  for (int64_t i = 1; near.kind != ObjectClass::galaxy || near.r_magnitude < 18; ++i) near = draw_object(101, i);
  near.redshift = 0.03;
  VariableTruth v;
  v.kind = VariableClass::supernova_ia;
  v.supernova = {Explosion::ia, 61440, -19.2, 1, 0};
  int before = 0, after = 0;
  for (const auto& p : observe_light_curve(near, full_light(near), v, ztf_curves())) {
    if (p.upper_limit) continue;
    EXPECT_GT(std::abs(p.value), 5 * p.error * 0.999f);
    (p.time_day < 61440 - 20 ? before : after) += 1;
    if (std::abs(p.time_day - 61440) < 10 && p.band == 1) {
      EXPECT_GT(p.value, 50);  // brighter than 18.3
    }
  }
  EXPECT_LE(before, 2);
  EXPECT_GT(after, 20);
}

TEST(LightCurve, BlocksKeepTheirPromises) {
  std::vector<std::vector<modalities::LightCurvePoint>> rows;
  size_t longest = 0;
  for (int64_t i = 0; i < 5; ++i) {
    const ObjectTruth t = draw_object(101, i);
    rows.push_back(observe_light_curve(t, full_light(t), draw_variable(t, {}), lsst_curves()));
    longest = std::max(longest, rows.back().size());
  }
  const auto block = light_curve_block(lsst_curves(), rows);
  EXPECT_NO_THROW(modalities::check("lightcurve_lsst", block));
  EXPECT_EQ(block.length, int64_t(longest));
  EXPECT_EQ(block.bands.size(), 6u);
  EXPECT_EQ(light_curve_block(lsst_curves(), {}).n, 0);
}

}  // namespace
}  // namespace asterism::sky
