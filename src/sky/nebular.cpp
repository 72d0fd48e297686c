#include "sky/nebular.h"

#include <cmath>

namespace asterism::sky {
namespace {

constexpr double kTemperature = 1e4, kLightSpeed = 2.99792458e18;  // K; Angstrom/s
constexpr double kIonisation = 157888;                             // hydrogen's energy over Boltzmann's constant, K
constexpr double kLymanAlpha = 1215.67;                            // Angstrom
constexpr double kPlanck = 6.62607e-27;                            // erg s
constexpr double kHbeta = 1.24e-25;                                // erg cm^3/s: 4 pi j / (n_e n_p) at 10^4 K
constexpr double kToUpperLevel = 0.838e-13;                        // cm^3/s: recombinations that end in 2s, case B

// erg cm^3/s/Hz; Osterbrock & Ferland 2006, section 4.3. The Gaunt factors are taken as 0.9 (bound) and 1.2 (free).
double recombination(double angstrom) {
  const double photon = 1.438777e8 / (angstrom * kTemperature);  // h nu / k T
  double bound = 0;
  for (int n = 2; n <= 12; ++n) {  // case B: what recombines to n = 1 is absorbed again
    const double level = kIonisation / (n * n * kTemperature);
    if (photon >= level) bound += std::exp(level - photon) / (n * n * n);
  }
  return 6.8e-38 / std::sqrt(kTemperature) * (0.9 * 2 * kIonisation / kTemperature * bound + 1.2 * std::exp(-photon));
}

// The fit of Nussbaumer & Schmutz 1984 (A&A 138, 495), erg cm^3/s/Hz.
double two_photons(double angstrom) {
  const double y = kLymanAlpha / angstrom;
  if (y >= 1) return 0;
  const double w = y * (1 - y), share = std::pow(4 * w, 0.8);
  const double rate = 202 * (w * (1 - share) + 0.88 * std::pow(w, 1.53) * share);
  return kToUpperLevel * kPlanck * y * rate / 8.2249;
}

}  // namespace

double nebular_continuum(double angstrom) {
  if (angstrom <= 911.754) return 0;
  return (1.1 * recombination(angstrom) + two_photons(angstrom)) / kHbeta * kLightSpeed / (angstrom * angstrom);
}

}  // namespace asterism::sky
