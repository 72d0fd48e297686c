#include "astro/extinction.h"

#include <cmath>
#include <numbers>

namespace asterism::astro {
namespace {

constexpr double kCalzettiRv = 4.05;

double calzetti_blue(double um) {
  return 2.659 * (-2.156 + 1.509 / um - 0.198 / (um * um) + 0.011 / (um * um * um)) + kCalzettiRv;
}
double calzetti_red(double um) { return 2.659 * (-1.857 + 1.040 / um) + kCalzettiRv; }

// Cardelli, Clayton & Mathis: a(x) + b(x) / R_V for x in inverse microns.
double ccm_infrared(double x, double r_v) { return (0.574 - 0.527 / r_v) * std::pow(x, 1.61); }

double ccm_optical(double x, double r_v) {
  const double y = x - 1.82;
  const double a =
      1 +
      y * (0.104 + y * (-0.609 + y * (0.701 + y * (1.137 + y * (-1.718 + y * (-0.827 + y * (1.647 - 0.505 * y)))))));
  const double b =
      y * (1.952 + y * (2.908 + y * (-3.989 + y * (-7.985 + y * (11.102 + y * (5.491 + y * (-10.805 + 3.347 * y)))))));
  return a + b / r_v;
}

double ccm_ultraviolet(double x, double r_v) {
  double fa = 0, fb = 0;
  if (x > 5.9) {
    const double y = x - 5.9;
    fa = y * y * (-0.04473 - 0.009779 * y);
    fb = y * y * (0.2130 + 0.1207 * y);
  }
  const double a = 1.752 - 0.316 * x - 0.104 / ((x - 4.67) * (x - 4.67) + 0.341) + fa;
  const double b = -3.090 + 1.825 * x + 1.206 / ((x - 4.62) * (x - 4.62) + 0.263) + fb;
  return a + b / r_v;
}

double ccm_far_ultraviolet(double x, double r_v) {
  const double y = x - 8;
  return -1.073 + y * (-0.628 + y * (0.137 - 0.070 * y)) + (13.670 + y * (4.257 + y * (-0.420 + 0.374 * y))) / r_v;
}

}  // namespace

double calzetti(double wavelength) {
  const double um = wavelength * 1e-4;
  if (um < 0.12) {
    const double slope = (calzetti_blue(0.1201) - calzetti_blue(0.12)) / 1e-4;
    return (calzetti_blue(0.12) + slope * (um - 0.12)) / kCalzettiRv;
  }
  if (um < 0.63) return calzetti_blue(um) / kCalzettiRv;
  // Equation 4 turns negative near 2.2 um; a power law takes over where it is still positive.
  constexpr double kJoin = 1.6;
  if (um < kJoin) return calzetti_red(um) / kCalzettiRv;
  return calzetti_red(kJoin) / kCalzettiRv * std::pow(um / kJoin, -1.7);
}

double kriek_conroy(double wavelength) {
  constexpr double kSlope = -0.2, kBump = 0.85 - 1.9 * kSlope, kCentre = 2175, kWidth = 350;
  const double x = wavelength * kWidth, y = wavelength * wavelength - kCentre * kCentre;
  return (calzetti(wavelength) + kBump / kCalzettiRv * x * x / (y * y + x * x)) * std::pow(wavelength / 5500, kSlope);
}

double milky_way(double wavelength, double r_v) {
  const double x = 1e4 / wavelength;
  if (x < 1.1) return ccm_infrared(x, r_v);
  if (x < 3.3) return ccm_optical(x, r_v);
  if (x < 8) return ccm_ultraviolet(x, r_v);
  return ccm_far_ultraviolet(x < 10 ? x : 10, r_v);
}

double small_magellanic_cloud(double wavelength) { return std::pow(wavelength / 5500.0, -1.2); }

double transmission(double magnitudes) { return std::exp(-0.4 * std::numbers::ln10 * magnitudes); }

}  // namespace asterism::astro
