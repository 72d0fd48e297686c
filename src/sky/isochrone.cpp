#include "sky/isochrone.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace asterism::sky {
namespace {

constexpr double kLeast = 0.1, kMost = 100, kSunTeff = 5772, kSunLogG = 4.438;

double chabrier(double m) {
  const double x = (std::log10(m) - std::log10(0.079)) / 0.69;
  const double below = 0.158 / (m * std::numbers::ln10) * std::exp(-0.5 * x * x);
  return m < 1 ? below : 0.0443 / std::numbers::ln10 * std::pow(m, -2.3);
}

struct ZeroAge {
  double luminosity, teff;
};

// Tout et al. 1996 (MNRAS 281, 257), equations 1 and 2 at Z = 0.02, with slopes in metallicity.
ZeroAge zero_age(double m, double fe_h) {
  const auto power = [m](double p) { return std::pow(m, p); };
  const double l = (0.3970417 * power(5.5) + 8.527626 * power(11)) /
                   (0.00025546 + power(3) + 5.432889 * power(5) + 5.563579 * power(7) + 0.7886606 * power(8) +
                    0.00586685 * power(9.5));
  const double r = (1.715359 * power(2.5) + 6.597788 * power(6.5) + 10.08855 * power(11) + 1.012495 * power(19) +
                    0.07490166 * power(19.5)) /
                   (0.01077422 + 3.082234 * power(2) + 17.84778 * power(8.5) + power(18.5) + 0.00022582 * power(19.5));
  const double brighter = l * std::pow(10.0, -0.15 * fe_h);
  return {brighter, kSunTeff * std::pow(brighter / (r * r), 0.25) * std::pow(10.0, -0.035 * fe_h)};
}

double giant_teff(double luminosity, double fe_h, double mass) {
  return 4850 * std::pow(luminosity / 50, -0.062) * std::pow(10.0, -0.045 * fe_h) * std::pow(mass, 0.03);
}

double log_gravity(double mass, double teff, double luminosity) {
  return kSunLogG + std::log10(mass) + 4 * std::log10(teff / kSunTeff) - std::log10(luminosity);
}

ZeroAge evolved(double m, double age_yr, double fe_h) {
  const double x = std::min(1.0, age_yr / lifetime_yr(m, fe_h));
  ZeroAge star = zero_age(m, fe_h);
  // To the end of the main sequence: 0.42 dex brighter at 1 solar mass, 0.2 at 2, 0.3 at 5 and above (Schaller et al.
  // 1992).
  star.luminosity *= std::pow(10.0, (0.30 - 0.10 * std::clamp(1.5 - std::abs(std::log2(m / 2.2)), 0.0, 1.0)) * x +
                                        0.12 * std::clamp(1.8 - m, 0.0, 0.4) / 0.4 * std::pow(x, 4));
  // Stars with convective cores cool as they age; those without first grow hotter.
  const double convective = std::clamp((m - 0.9) / 0.9, 0.0, 1.0);
  const double radiative = m > 0.7 ? 0.018 * x - 0.03 * std::pow(x, 4) : 0;
  star.teff *= std::pow(10.0, convective * (-0.03 * x - 0.08 * x * x * x) + (1 - convective) * radiative);
  return star;
}

// The most massive star that still lives.
double turn_off(double age_yr, double fe_h) {
  double low = kLeast, high = kMost;
  if (lifetime_yr(high, fe_h) > age_yr) return high;
  for (int i = 0; i < 60; ++i) {
    const double mid = std::sqrt(low * high);
    (lifetime_yr(mid, fe_h) > age_yr ? low : high) = mid;
  }
  return low;
}

class LaterPhases {
 public:
  LaterPhases(std::vector<StarBin>& bins, double mass, double rate) : bins_(bins), mass_(mass), rate_(rate) {}
  void add(double years, double luminosity, double teff) {
    bins_.push_back({rate_ * years, luminosity, teff, log_gravity(mass_, teff, luminosity)});
  }

 private:
  std::vector<StarBin>& bins_;
  double mass_, rate_;
};

void add_giants(LaterPhases& phases, double m, const ZeroAge& last, double fe_h, double years) {
  const double share = std::clamp((2.2 - m) / 0.6, 0.0, 1.0);  // stars above 2.2 solar masses cross the gap at once
  if (share > 0) {
    const double base_luminosity = std::max(last.luminosity * 1.25, 2.5),
                 base_teff = giant_teff(base_luminosity, fe_h, m);
    for (const double f : {0.17, 0.5, 0.83})
      phases.add(0.10 * years * share / 3, last.luminosity * 1.25, last.teff * std::pow(base_teff / last.teff, f));
    for (double lg = std::log10(base_luminosity); lg < 3.35; lg += 0.15) {
      const double l = std::pow(10.0, lg);
      phases.add(3.3e8 * 0.15 * std::pow(l / 10, -0.85) * share / (m * m * m), l, giant_teff(l, fe_h, m));
    }
  }
  const double clump = 4900 * std::pow(10.0, -0.04 * fe_h);
  if (m < 2.3) {
    // Of the oldest, one in thirty burns its helium as a hot star without an envelope: the ultraviolet upturn
    // (O'Connell 1999, ARA&A 37, 603).
    const double hot = 0.033 * std::clamp((1.25 - m) / 0.2, 0.0, 1.0);
    phases.add(1.1e8 * (1 - hot), 52, clump);
    if (hot > 0) phases.add(1.1e8 * hot, 25, 22000);
  } else if (m < 9) {
    const double l = std::max(70.0, last.luminosity);
    phases.add(0.045 * years, l, clump);
    phases.add(0.045 * years, l, std::min(5500 + 1200 * (m - 2.3), 10500.0));
  } else if (m >= 30) {  // Wolf-Rayet stars: no red supergiants
    phases.add(0.09 * years, last.luminosity * 1.2, 40000);
  } else {
    phases.add(0.055 * years, last.luminosity * 1.2, 3900 * std::pow(10.0, -0.04 * fe_h));
    phases.add(0.035 * years, last.luminosity * 1.15, 10000);
  }
}

void add_asymptotic_giants(LaterPhases& phases, double m, double fe_h, double age_yr) {
  if (m >= 9) return;
  // What the early phase burns, 0.045 solar masses of hydrogen's worth, depends little on the mass of the star (Renzini
  // & Buzzoni 1986): the brighter, the shorter.
  const double brighter = std::pow(std::max(1.0, m / 1.2), 1.5);
  constexpr double kEarly[3][2] = {{150, 1.0e7}, {400, 3.5e6}, {1000, 1.5e6}};
  for (const auto& [l, years] : kEarly) phases.add(years / brighter, l * brighter, giant_teff(l * brighter, fe_h, m));
  // Thermal pulses: 1 to 2 Myr above the tip of the red giants at most, around 2 solar masses (Rosenfield et al. 2014).
  const double x = (std::log10(age_yr) - 8.9) / 0.35, pulsing = std::max(1.0, m / 1.5);
  phases.add(1.0e6 * (1.5 * std::exp(-x * x) + 0.5) / pulsing, 4000 * pulsing, 3350 * std::pow(10.0, -0.05 * fe_h));
}

}  // namespace

double initial_mass_function(double mass) {
  static const double norm = [] {
    double sum = 0;
    const int n = 20000;
    const double step = std::log(kMost / kLeast) / n;
    for (int i = 0; i < n; ++i) {
      const double m = kLeast * std::exp((i + 0.5) * step);
      sum += chabrier(m) * m * m * step;
    }
    return 1 / sum;
  }();
  return mass < kLeast || mass > kMost ? 0 : norm * chabrier(mass);
}

double lifetime_yr(double mass, double fe_h) {
  const double lz = std::clamp(std::log10(0.02) + fe_h, -3.5, -1.3), x = std::log10(mass);
  const double a0 = 10.13 + 0.07547 * lz - 0.008084 * lz * lz;
  const double a1 = -4.424 - 0.7939 * lz - 0.1187 * lz * lz;
  const double a2 = 1.262 + 0.3385 * lz + 0.05417 * lz * lz;
  return std::pow(10.0, a0 + a1 * x + a2 * x * x);
}

std::vector<StarBin> isochrone(double age_yr, double fe_h) {
  const double top = turn_off(age_yr, fe_h);
  std::vector<StarBin> bins;
  // Evenly in log mass, then finer in the last fifth of a dex, where stars change fast.
  std::vector<double> edges;
  edges.reserve(83);
  const double bend = std::max(kLeast * 1.01, top * 0.63);
  for (int i = 0; i < 50; ++i) edges.push_back(kLeast * std::pow(bend / kLeast, i / 50.0));
  for (int i = 0; i <= 32; ++i) edges.push_back(bend * std::pow(top / bend, i / 32.0));
  for (size_t i = 0; i + 1 < edges.size(); ++i) {
    const double m = std::sqrt(edges[i] * edges[i + 1]);
    const ZeroAge star = evolved(m, age_yr, fe_h);
    bins.push_back({initial_mass_function(m) * (edges[i + 1] - edges[i]), star.luminosity, star.teff,
                    log_gravity(m, star.teff, star.luminosity)});
  }
  if (top >= kMost) return bins;
  const double leaving = (turn_off(age_yr * 0.97, fe_h) - turn_off(age_yr * 1.03, fe_h)) / (0.06 * age_yr);
  LaterPhases phases(bins, top, initial_mass_function(top) * leaving);
  const double years = lifetime_yr(top, fe_h);
  const ZeroAge last = evolved(top, age_yr, fe_h);
  add_giants(phases, top, last, fe_h, years);
  add_asymptotic_giants(phases, top, fe_h, age_yr);
  return bins;
}

double surviving_mass(double age_yr, double fe_h) {
  const double top = turn_off(age_yr, fe_h);
  double sum = 0;
  const int n = 4000;
  const double step = std::log(kMost / kLeast) / n;
  for (int i = 0; i < n; ++i) {
    const double m = kLeast * std::exp((i + 0.5) * step);
    const double left = m <= top ? m : m < 8.5 ? 0.08 * m + 0.49 : m < 25 ? 1.4 : 0.24 * m;
    sum += initial_mass_function(m) * left * m * step;
  }
  return sum;
}

}  // namespace asterism::sky
