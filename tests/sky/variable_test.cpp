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
      if (t.galaxy.quiescent) {
        EXPECT_TRUE(v.kind == VariableClass::none || v.kind == VariableClass::supernova_ia);
      }
      if (v.explodes()) {
        EXPECT_GE(v.supernova.peak_mjd, kFirstNight);
        EXPECT_LE(v.supernova.peak_mjd, kFirstNight + kNights);
      }
    } else if (t.kind == ObjectClass::star) {
      ++in_stars[v.kind];
      const bool is_warm = t.star.teff_k > 6000 && t.star.teff_k < 7500;
      warm += is_warm;
      pulsating += v.kind == VariableClass::rr_lyrae;
      if (!is_warm) {
        EXPECT_NE(v.kind, VariableClass::rr_lyrae);
      }
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
  const double absolute = 19 - 44.1 + 1.25 * std::log10(2.0);         // distance modulus at z = 1
  const double sf = std::pow(10.0, -0.51 + 0.131 * (absolute + 23));  // magnitudes, at 4,000 A at rest
  const double tau = 2 * std::pow(10.0, 2.4 + 0.03 * (absolute + 23));
  // Structure function over many quasars: nothing at no time, sf (1 - exp(-t / tau))^0.5 at t.
  const std::vector<Moment> moments = {{61100, 1, 8000}, {61101, 1, 8000}, {61400, 1, 8000}, {62000, 1, 8000}};
  double variance = 0, square[4] = {};
  constexpr int kQuasars = 3000;
  for (q.index = 0; q.index < kQuasars; ++q.index) {
    double m[4];
    const auto change = difference_fluxes(q, v, moments);
    for (size_t k = 0; k < 4; ++k) {
      m[k] = -2.5 * std::log10(1 + change[k]) - 0.5 * 0.4 * std::log(10.0) * sf * sf / 2;
      square[k] += std::pow(m[k] - m[0], 2) / kQuasars;
    }
    variance += m[0] * m[0] / kQuasars;
  }
  EXPECT_NEAR(std::sqrt(variance) / (sf / std::sqrt(2.0)), 1, 0.05);
  EXPECT_LT(std::sqrt(square[1]), 0.1 * sf);
  for (const size_t k : {2, 3})
    EXPECT_NEAR(std::sqrt(square[k]) / (sf * std::sqrt(1 - std::exp(-(moments[k].mjd - 61100) / tau))), 1, 0.05);
}

// Two surveys that look at different nights see one and the same walk.
TEST(Variable, AQuasarIsTheSameForWhoeverLooks) {
  ObjectTruth q;
  q.kind = ObjectClass::quasar;
  q.redshift = 0.5;
  q.r_magnitude = 18;
  VariableTruth v;
  v.kind = VariableClass::quasar;
  v.log_black_hole_mass = 8.5;
  const std::vector<Moment> all = {{61003.4, 1, 6000}, {61050.2, 1, 6000}, {61700.9, 1, 6000}}, some = {all[1], all[2]};
  const auto a = difference_fluxes(q, v, all), b = difference_fluxes(q, v, some);
  EXPECT_EQ(a[1], b[0]);
  EXPECT_EQ(a[2], b[1]);
  EXPECT_NE(a[0], a[1]);
}

TEST(Variable, NothingChangesWhatIsConstant) {
  for (const double d : difference_fluxes(draw_object(1, 0), VariableTruth(), fine_moments())) EXPECT_EQ(d, 0);
}

}  // namespace
}  // namespace asterism::sky
