#include "astro/cosmology.h"

#include <cmath>

#include "astro/wavelength.h"
#include "base/error.h"

namespace asterism::astro {
namespace {

// Hubble time in Gyr for H0 in km/s/Mpc.
constexpr double kHubbleTime = 977.7922216807891;

double expansion(double redshift, const Cosmology& c) {
  const double a = 1 + redshift;
  return std::sqrt(c.omega_matter * a * a * a + 1 - c.omega_matter);
}

}  // namespace

double comoving_distance_mpc(double redshift, const Cosmology& c) {
  ASTERISM_CHECK(redshift >= 0, "redshift {}", redshift);
  // 8-point Gauss-Legendre on slices of ln(1 + z) at most 0.25 wide.
  static const double kNode[4] = {0.1834346424956498, 0.5255324099163290, 0.7966664774136267, 0.9602898564975363};
  static const double kWeight[4] = {0.3626837833783620, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763};
  const double end = std::log1p(redshift);
  const int slices = 1 + int(end / 0.25);
  const double half = 0.5 * end / slices;
  double sum = 0;
  for (int s = 0; s < slices; ++s)
    for (int i = 0; i < 4; ++i)
      for (const double sign : {-1.0, 1.0}) {
        const double a = std::exp(half * (2 * s + 1 + sign * kNode[i]));
        sum += kWeight[i] * half * a / expansion(a - 1, c);
      }
  return kLightSpeedKms / c.hubble_kms_mpc * sum;
}

double luminosity_distance_mpc(double redshift, const Cosmology& c) {
  return (1 + redshift) * comoving_distance_mpc(redshift, c);
}

double angular_diameter_distance_mpc(double redshift, const Cosmology& c) {
  return comoving_distance_mpc(redshift, c) / (1 + redshift);
}

double distance_modulus(double redshift, const Cosmology& c) {
  ASTERISM_CHECK(redshift > 0, "redshift {}", redshift);
  return 5 * std::log10(luminosity_distance_mpc(redshift, c)) + 25;
}

double comoving_volume_element(double redshift, const Cosmology& c) {
  const double d = comoving_distance_mpc(redshift, c);
  return kLightSpeedKms / c.hubble_kms_mpc * d * d / expansion(redshift, c);
}

double age_gyr(double redshift, const Cosmology& c) {
  ASTERISM_CHECK(redshift >= 0, "redshift {}", redshift);
  const double lambda = 1 - c.omega_matter;
  const double x = std::sqrt(lambda / c.omega_matter) * std::pow(1 + redshift, -1.5);
  return kHubbleTime / c.hubble_kms_mpc * 2 / (3 * std::sqrt(lambda)) * std::asinh(x);
}

}  // namespace asterism::astro
