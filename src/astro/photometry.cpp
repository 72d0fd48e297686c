#include "astro/photometry.h"

#include <cmath>
#include <limits>
#include <numbers>

namespace asterism::astro {
namespace {

constexpr double kPogson = 2.5 / std::numbers::ln10;  // magnitudes per unit of ln(flux)
constexpr double kMaggy = 1e9;                        // nanomaggies in 3631 Jy

}  // namespace

double magnitude_of(double flux) {
  return flux > 0 ? kNanomaggyZeroPoint - kPogson * std::log(flux) : std::numeric_limits<double>::quiet_NaN();
}
double nanomaggy_of(double magnitude) { return std::exp((kNanomaggyZeroPoint - magnitude) / kPogson); }

double nanomaggy_of_njy(double flux) { return flux / kNanojanskyPerNanomaggy; }
double njy_of_nanomaggy(double flux) { return flux * kNanojanskyPerNanomaggy; }
double nanomaggy_of_ujy(double flux) { return flux / kMicrojanskyPerNanomaggy; }
double ujy_of_nanomaggy(double flux) { return flux * kMicrojanskyPerNanomaggy; }

double nanomaggy_of_counts(double counts, double zero_point) { return counts * nanomaggy_of(zero_point); }

Measured magnitude_of(Measured flux) { return {magnitude_of(flux.value), kPogson * flux.error / flux.value}; }

Measured nanomaggy_of(Measured magnitude) {
  const double flux = nanomaggy_of(magnitude.value);
  return {flux, flux * magnitude.error / kPogson};
}

double asinh_magnitude(double flux, double softening) {
  return -kPogson * (std::asinh(flux / kMaggy / (2 * softening)) + std::log(softening));
}

double nanomaggy_of_asinh(double magnitude, double softening) {
  return 2 * softening * kMaggy * std::sinh(-magnitude / kPogson - std::log(softening));
}

Measured asinh_magnitude(Measured flux, double softening) {
  return {asinh_magnitude(flux.value, softening),
          kPogson * flux.error / std::hypot(flux.value, 2 * softening * kMaggy)};
}

Measured nanomaggy_of_asinh(Measured magnitude, double softening) {
  const double flux = nanomaggy_of_asinh(magnitude.value, softening);
  return {flux, magnitude.error / kPogson * std::hypot(flux, 2 * softening * kMaggy)};
}

}  // namespace asterism::astro
