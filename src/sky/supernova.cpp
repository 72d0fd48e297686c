#include "sky/supernova.h"

#include <algorithm>
#include <cmath>

#include "astro/cosmology.h"
#include "astro/extinction.h"
#include "astro/photometry.h"

namespace asterism::sky {
namespace {

constexpr double kB = 4400;              // Angstrom
constexpr double kHcOverK = 1.438777e8;  // Angstrom Kelvin
constexpr double kRv = 3.1;

// f_nu of a black body over the one it has at B.
double black_body(double angstrom, double kelvin) {
  const auto f_nu = [&](double w) { return 1 / (w * w * w * std::expm1(kHcOverK / (w * kelvin))); };
  return f_nu(angstrom) / f_nu(kB);
}

double from_magnitude(double m) { return std::pow(10.0, -0.4 * m); }

double rise(double x) { return x <= 0 ? 0 : x * x * std::exp(2 * (1 - x)); }

// Magnitudes below maximum of a thermonuclear light curve, day >= 0.
double decline(double day, double in_15_days) {
  if (day < 15) return in_15_days * std::pow(day / 15, 1.6);
  if (day < 35) return in_15_days + 0.09 * (day - 15);
  return in_15_days + 0.09 * 20 + 0.0155 * (day - 35);
}

double between(double from, double to, double t) { return from + (to - from) * std::clamp(t, 0.0, 1.0); }

double compact(double day, double w, double rise_days, double in_15_days, double hot, double cool) {
  const double b = day < 0 ? rise(1 + day / rise_days) : from_magnitude(decline(day, in_15_days));
  if (b <= 0) return 0;
  const double blanket = w < 4000 ? std::exp(-std::pow((4000 - w) / 700, 1.5)) : 1;
  return b * black_body(w, between(hot, cool, day / 30)) * blanket;
}

double plateau(double day, double w) {
  constexpr double kRise = 7, kLength = 100, kDrop = 2;
  const double b = day < 0
                       ? rise(1 + day / kRise)
                       : from_magnitude(0.02 * std::min(day, kLength) + kDrop / (1 + std::exp((kLength - day) / 4)) -
                                        kDrop / (1 + std::exp(kLength / 4)) + 0.0098 * std::max(0.0, day - kLength));
  const double blanket = w < 4000 ? std::exp(-std::pow((4000 - w) / 1500, 1.5) * std::clamp(day / 20, 0.0, 1.0)) : 1;
  return b * black_body(w, between(15000, 6000, day / 30)) * blanket;
}

}  // namespace

double supernova_shape(Explosion kind, double day, double w) {
  if (kind == Explosion::ii) return plateau(day, w);
  if (kind == Explosion::ibc) return compact(day, w, 20, 0.9, 8000, 5000);
  const double second = 0.35 * std::exp(-0.5 * std::pow((day - 25) / 7, 2)) / (1 + std::exp((6800 - w) / 300));
  return compact(day, w, 18, 1.1, 10000, 6000) * (1 + second);
}

double supernova_flux(const SupernovaTruth& s, double redshift, double mjd, double observed) {
  const double day = (mjd - s.peak_mjd) / (1 + redshift) / s.stretch, w = observed / (1 + redshift);
  const double shape = supernova_shape(s.kind, day, w);
  if (shape <= 0) return 0;
  // absolute_magnitude has the dust at B already.
  const double dust = kRv * s.reddening * (astro::calzetti(w) - astro::calzetti(kB));
  const double m = s.absolute_magnitude + dust + astro::distance_modulus(redshift) - 2.5 * std::log10(1 + redshift);
  return shape * astro::nanomaggy_of(m);
}

}  // namespace asterism::sky
