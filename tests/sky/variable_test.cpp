#include "sky/variable.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "sky/cadence.h"

namespace asterism::sky {
namespace {

TEST(Variable, SharesAndClassesFollowTheSettings) {
  SkySettings settings;
  settings.supernova_ia_share = 0.3;
  settings.core_collapse_share = 0.4;
  settings.rr_lyrae_share = 0.5;
  settings.eclipsing_share = 0.25;
  settings.variable_quasar_share = 0.6;
  std::map<VariableClass, int> in_galaxies, in_stars, in_quasars;
  int galaxies = 0, quasars = 0, warm = 0, pulsating = 0;
  for (int64_t i = 0; i < 4000; ++i) {
    const ObjectTruth t = draw_object(91, i);
    const VariableTruth v = draw_variable(t, settings), again = draw_variable(t, settings);
    EXPECT_EQ(v.kind, again.kind);
    EXPECT_EQ(v.period_day, again.period_day);
    if (t.kind == ObjectClass::galaxy) {
      ++galaxies;
      ++in_galaxies[v.kind];
      if (t.galaxy.quiescent) EXPECT_TRUE(v.kind == VariableClass::none || v.kind == VariableClass::supernova_ia);
      if (v.explodes()) {
        EXPECT_GE(v.supernova.peak_mjd, kFirstNight);
        EXPECT_LE(v.supernova.peak_mjd, kFirstNight + kNights);
      }
    } else if (t.kind == ObjectClass::star) {
      ++in_stars[v.kind];
      const bool is_warm = t.star.teff_k > 6000 && t.star.teff_k < 7500;
      warm += is_warm;
      pulsating += v.kind == VariableClass::rr_lyrae;
      if (!is_warm) EXPECT_NE(v.kind, VariableClass::rr_lyrae);
    } else {
      ++quasars;
      ++in_quasars[v.kind];
    }
  }
  EXPECT_NEAR(in_galaxies[VariableClass::supernova_ia] / double(galaxies), 0.3, 0.04);
  EXPECT_NEAR(double(in_galaxies[VariableClass::supernova_ii]) / in_galaxies[VariableClass::supernova_ibc], 7.0 / 3,
              0.7);
  EXPECT_NEAR(pulsating / double(warm), 0.5, 0.12);
  EXPECT_GT(in_stars[VariableClass::eclipsing], 50);
  EXPECT_NEAR(in_quasars[VariableClass::quasar] / double(quasars), 0.6, 0.1);
}

// Every hundredth of a day for 40 days, in one band.
std::vector<Moment> fine_moments(double wavelength = 4750) {
  std::vector<Moment> out;
  for (int i = 0; i < 4000; ++i) out.push_back({61000 + 0.01 * i, 10.0, wavelength});
  return out;
}

TEST(Variable, PeriodicStarsKeepTheirMeanAndPeriod) {
  ObjectTruth star;
  star.kind = ObjectClass::star;
  VariableTruth v;
  v.kind = VariableClass::rr_lyrae;
  v.period_day = 0.5;
  v.amplitude = 1.0;
  const auto range = [](const std::vector<double>& d) {
    const auto [low, high] = std::minmax_element(d.begin(), d.end());
    return 2.5 * std::log10((10 + *high) / (10 + *low));
  };
  const auto blue = difference_fluxes(star, v, fine_moments()), red = difference_fluxes(star, v, fine_moments(7600));
  double mean = 0;
  for (const double d : blue) mean += d / double(blue.size());
  EXPECT_NEAR(mean, 0, 0.02);
  EXPECT_NEAR(blue[0], blue[50], 1e-6);  // a period later
  EXPECT_NEAR(range(blue), 1.0, 0.02);
  EXPECT_NEAR(range(red), std::pow(7600.0 / 4750, -1.28), 0.02);
  v = {};
  v.kind = VariableClass::eclipsing;
  v.period_day = 2;
  v.amplitude = 0.4;
  v.second_depth = 0.1;
  v.width = 0.04;
  const auto eclipsed = difference_fluxes(star, v, fine_moments());
  EXPECT_NEAR(range(eclipsed), -2.5 * std::log10(0.6), 0.02);
  EXPECT_NEAR(eclipsed[50] - eclipsed[100], 1, 0.05);  // the second eclipse is a tenth deep
}

TEST(Variable, QuasarsWalkAsMacLeodFound) {
  ObjectTruth q;
  q.kind = ObjectClass::quasar;
  q.redshift = 1.0;
  q.r_magnitude = 19;
  VariableTruth v;
  v.kind = VariableClass::quasar;
  v.log_black_hole_mass = 9;
  // Far apart in time: independent draws of the limiting distribution.
  std::vector<Moment> moments;
  for (int i = 0; i < 4000; ++i) moments.push_back({61000 + 2e5 * i, 1.0, 8000.0});
  double sum = 0, square = 0;
  for (const double d : difference_fluxes(q, v, moments)) {
    const double m = -2.5 * std::log10(1 + d);
    sum += m / 4000;
    square += m * m / 4000;
  }
  const double absolute = 19 - 44.1 + 1.25 * std::log10(2.0);  // distance modulus at z = 1
  const double sf = std::pow(10.0, -0.51 + 0.131 * (absolute + 23));
  EXPECT_NEAR(std::sqrt(square - sum * sum), sf / std::sqrt(2.0), 0.01);
  // Close in time: nearly the same flux.
  for (size_t i = 0; i < moments.size(); ++i) moments[i].mjd = 61000 + 1e-3 * double(i);
  const auto close = difference_fluxes(q, v, moments);
  EXPECT_NEAR(close[0], close[100], 0.02);
}

TEST(Variable, NothingChangesWhatIsConstant) {
  for (const double d : difference_fluxes(draw_object(1, 0), VariableTruth(), fine_moments())) EXPECT_EQ(d, 0);
}

}  // namespace
}  // namespace asterism::sky
