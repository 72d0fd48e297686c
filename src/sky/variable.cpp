#include "sky/variable.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "astro/cosmology.h"
#include "base/random.h"
#include "sky/cadence.h"

namespace asterism::sky {
namespace {

constexpr double kRrRed = 1.28, kRrWavelength = 4750;
constexpr double kPerMagnitude = 0.4 * std::numbers::ln10;

double whole_part_removed(double x) { return x - std::floor(x); }

void draw_supernova(base::Random& random, const ObjectTruth& truth, VariableTruth& v, bool thermonuclear) {
  SupernovaTruth& s = v.supernova;
  s.peak_mjd = random.uniform(kFirstNight, kFirstNight + kNights);
  if (thermonuclear) {
    v.kind = VariableClass::supernova_ia;
    s.kind = Explosion::ia;
    const double x1 = std::clamp(random.normal() - (truth.galaxy.quiescent ? 0.4 : 0.0), -3.0, 3.0);
    s.reddening = 0.05 * random.normal() + 0.05 * (random.exponential() - 1);
    s.stretch = 0.98 + 0.091 * x1;
    s.absolute_magnitude = -19.25 - 0.14 * x1 + 3.1 * s.reddening + 0.1 * random.normal();
    return;
  }
  const bool ii = random.uniform() < 0.7;
  v.kind = ii ? VariableClass::supernova_ii : VariableClass::supernova_ibc;
  s.kind = ii ? Explosion::ii : Explosion::ibc;
  s.reddening = 0.1 * random.exponential();
  s.stretch = std::clamp(1 + 0.12 * random.normal(), 0.7, 1.4);
  s.absolute_magnitude = (ii ? -16.8 + 0.9 * random.normal() : -17.3 + 0.8 * random.normal()) + 4.1 * s.reddening;
}

void draw_pulsation(base::Random& random, VariableTruth& v) {
  v.kind = VariableClass::rr_lyrae;
  v.period_day = std::clamp(0.57 + 0.07 * random.normal(), 0.40, 0.85);
  v.phase = random.uniform();
  v.amplitude = std::clamp(1.05 - 3.2 * (v.period_day - 0.57) + 0.15 * random.normal(), 0.3, 1.5);
}

void draw_eclipses(base::Random& random, VariableTruth& v) {
  v.kind = VariableClass::eclipsing;
  v.period_day = 0.3 * std::exp(random.uniform() * std::log(20 / 0.3));
  v.phase = random.uniform();
  v.amplitude = random.uniform(0.05, 0.7);
  v.second_depth = v.amplitude * std::pow(random.uniform(), 1.5);
  v.width = std::clamp(0.062 * std::pow(v.period_day, -2.0 / 3), 0.008, 0.12);
  v.ellipsoidal = 0.06 * std::pow(v.period_day / 0.3, -1.5);
}

// Magnitude below maximum over the amplitude, at a phase from maximum: a slow fall and a steep rise.
double rr_shape(double phase) {
  constexpr double kFall = 0.82, kSteep = 2.6;
  if (phase < kFall) return (1 - std::exp(-kSteep * phase / kFall)) / (1 - std::exp(-kSteep));
  return 0.5 + 0.5 * std::cos(std::numbers::pi * (phase - kFall) / (1 - kFall));
}

double rr_flux(double amplitude, double phase) { return std::exp(-kPerMagnitude * amplitude * rr_shape(phase)); }

double eclipse_flux(const VariableTruth& v, double phase) {
  const auto dip = [&](double centre) {
    const double x = std::abs(whole_part_removed(phase - centre + 0.5) - 0.5) / v.width;
    return std::exp(-std::pow(x, 4));
  };
  return 1 - v.amplitude * dip(0) - v.second_depth * dip(0.5) - v.ellipsoidal * std::cos(4 * std::numbers::pi * phase);
}

// Mean of a flux over a period.
template <class F>
double mean_over_phase(F&& flux) {
  constexpr int kSteps = 256;
  double sum = 0;
  for (int i = 0; i < kSteps; ++i) sum += flux((i + 0.5) / kSteps) / kSteps;
  return sum;
}

std::vector<double> eclipses(const VariableTruth& v, std::span<const Moment> moments) {
  const double mean = mean_over_phase([&](double phase) { return eclipse_flux(v, phase); });
  std::vector<double> out;
  for (const Moment& m : moments) {
    const double phase = whole_part_removed(m.mjd / v.period_day + v.phase);
    out.push_back(m.mean_nanomaggy * (eclipse_flux(v, phase) / mean - 1));
  }
  return out;
}

std::vector<double> pulsation(const VariableTruth& v, std::span<const Moment> moments) {
  struct OfBand {
    double wavelength, amplitude, mean;
  };
  std::vector<OfBand> bands;
  std::vector<double> out;
  for (const Moment& m : moments) {
    auto band = std::find_if(bands.begin(), bands.end(),
                             [&](const OfBand& b) { return b.wavelength == m.wavelength_angstrom; });
    if (band == bands.end()) {
      const double amplitude = v.amplitude * std::pow(m.wavelength_angstrom / kRrWavelength, -kRrRed);
      bands.push_back(
          {m.wavelength_angstrom, amplitude, mean_over_phase([&](double phase) { return rr_flux(amplitude, phase); })});
      band = bands.end() - 1;
    }
    const double phase = whole_part_removed(m.mjd / v.period_day + v.phase);
    out.push_back(m.mean_nanomaggy * (rr_flux(band->amplitude, phase) / band->mean - 1));
  }
  return out;
}

// One walk of unit variance, a value a night, for all bands and surveys; between nights it goes straight.
std::vector<double> nightly_walk(const ObjectTruth& truth, double tau_day) {
  base::Random random(truth.seed, 0, uint64_t(truth.index), "damped random walk");
  const double kept = std::exp(-1 / tau_day), fresh = std::sqrt(1 - kept * kept);
  std::vector<double> walk = {random.normal()};
  for (int night = 0; night <= int(kNights); ++night) walk.push_back(kept * walk.back() + fresh * random.normal());
  return walk;
}

std::vector<double> random_walk(const ObjectTruth& truth, const VariableTruth& v, std::span<const Moment> moments) {
  const double bright =
      truth.r_magnitude - astro::distance_modulus(truth.redshift) + 1.25 * std::log10(1 + truth.redshift) + 23;
  const double mass = v.log_black_hole_mass - 9, z1 = 1 + truth.redshift;
  const auto walk = nightly_walk(truth, z1 * std::pow(10.0, 2.4 + 0.03 * bright + 0.21 * mass));
  std::vector<double> out;
  for (const Moment& m : moments) {
    const double place = std::clamp(m.mjd - kFirstNight, 0.0, kNights);
    const size_t night = size_t(place);
    const double between = place - double(night), x = (1 - between) * walk[night] + between * walk[night + 1];
    const double colour = std::log10(m.wavelength_angstrom / z1 / 4000);
    const double log_sf = -0.51 - 0.479 * colour + 0.131 * bright + 0.18 * mass;
    const double sigma = kPerMagnitude * std::pow(10.0, log_sf) / std::numbers::sqrt2;
    out.push_back(m.mean_nanomaggy * (std::exp(-sigma * x - 0.5 * sigma * sigma) - 1));
  }
  return out;
}

}  // namespace

VariableTruth draw_variable(const ObjectTruth& truth, const SkySettings& settings) {
  base::Random random(truth.seed, 0, uint64_t(truth.index), "variable object");
  VariableTruth v;
  const double u = random.uniform();
  if (truth.kind == ObjectClass::galaxy) {
    if (u < settings.supernova_ia_share)
      draw_supernova(random, truth, v, true);
    else if (!truth.galaxy.quiescent && u < settings.supernova_ia_share + settings.core_collapse_share)
      draw_supernova(random, truth, v, false);
  } else if (truth.kind == ObjectClass::star) {
    const bool pulsates = truth.star.teff_k > 6000 && truth.star.teff_k < 7500 && u < settings.rr_lyrae_share;
    if (pulsates)
      draw_pulsation(random, v);
    else if (random.uniform() < settings.eclipsing_share)
      draw_eclipses(random, v);
  } else if (u < settings.variable_quasar_share) {
    v.kind = VariableClass::quasar;
    const double absolute =
        truth.r_magnitude - astro::distance_modulus(truth.redshift) + 1.25 * std::log10(1 + truth.redshift);
    v.log_black_hole_mass = std::clamp(2.0 - 0.27 * absolute + 0.3 * random.normal(), 7.0, 10.5);
  }
  return v;
}

std::vector<double> difference_fluxes(const ObjectTruth& truth, const VariableTruth& v,
                                      std::span<const Moment> moments) {
  if (v.kind == VariableClass::rr_lyrae) return pulsation(v, moments);
  if (v.kind == VariableClass::eclipsing) return eclipses(v, moments);
  if (v.kind == VariableClass::quasar) return random_walk(truth, v, moments);
  std::vector<double> out(moments.size(), 0.0);
  if (!v.explodes()) return out;
  for (size_t i = 0; i < moments.size(); ++i)
    out[i] = supernova_flux(v.supernova, truth.redshift, moments[i].mjd, moments[i].wavelength_angstrom);
  return out;
}

}  // namespace asterism::sky
