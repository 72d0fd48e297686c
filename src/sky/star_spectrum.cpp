#include "sky/star_spectrum.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"
#include "sky/star_lines.h"

namespace asterism::sky {
namespace {

constexpr double kRydbergPerAngstrom = 109677.5834e-8, kKelvinPerEv = 11604.5, kIonisationEv = 13.6;
constexpr double kPivot = 6110;                    // K: hydrogen_ratio is 1 there in a dwarf
constexpr double kGravities[3] = {1.0, 2.8, 4.5};  // where the Stark profiles are tabulated

double logistic(double x) { return 1 / (1 + std::exp(-std::clamp(x, -60.0, 60.0))); }

double between(std::initializer_list<std::pair<double, double>> points, double x) {
  auto last = points.begin();
  if (x <= last->first) return last->second;
  for (auto p = points.begin() + 1; p != points.end(); last = p++)
    if (x < p->first) return last->second + (p->second - last->second) * (x - last->first) / (p->first - last->first);
  return (points.end() - 1)->second;
}

// Relative bound-free opacity of H-minus (after the curve in Gray, "Stellar Photospheres", 3rd ed., fig. 8.5), with its
// blue end as fitted.
double h_minus_bound_free(double um) {
  if (um >= 1.64) return 0;
  return between({{0.08, 0.05},
                  {0.2, 0.25},
                  {0.3, 0.284},
                  {0.4, 0.428},
                  {0.5, 0.85},
                  {0.6, 1.0},
                  {0.7, 1.1},
                  {0.85, 1.18},
                  {1.0, 1.1},
                  {1.2, 0.85},
                  {1.4, 0.45},
                  {1.6, 0.08},
                  {1.64, 0}},
                 um);
}

// Oscillator strengths of hydrogen (Menzel & Pekeris), series after series.
constexpr double kBalmer[] = {.641,  .119,  .0447, .0221, .0127, .0080, .0054, .0038, .0028, .0021,
                              .0016, .0013, .001,  .0008, .0007, .0006, .0005, .0004, .0004};
constexpr double kPaschen[] = {.842, .151, .0558, .0277, .016, .0101, .0069, .0049, .0036, .0027, .0022, .0018};
constexpr double kLyman[] = {.4162, .0791, .0290, .0139, .0078, .0048, .0032, .0022};

double series_angstrom(int lower, int upper) {
  return 1 / (kRydbergPerAngstrom * (1.0 / (lower * lower) - 1.0 / (upper * upper)));
}

double stark(double x) { return 1 / (1 + x * x * std::pow(x * x + 1e-4, 0.15)); }

void add_series(std::span<const double> strengths, int lower, double width, double growth, double scale,
                std::span<const float> angstrom, std::vector<float>& pattern) {
  for (size_t k = 0; k < strengths.size(); ++k) {
    const double centre = series_angstrom(lower, lower + 1 + int(k)), w = width * (1 + growth * double(k));
    for (size_t i = 0; i < pattern.size(); ++i) {
      const double x = (double(angstrom[i]) - centre) / w;
      if (std::abs(x) < 400) pattern[i] += float(scale * strengths[k] / w * stark(x));
    }
  }
}

// Cross-section (cm^2) of a hydrogen atom in its ground state from the far wings of the Lyman lines: radiative damping,
// lambda_0^2 gamma / (4 pi^2 c) / dlambda^2 with the factor (lambda_0 / lambda)^4 of Rayleigh scattering, and the
// linear Stark effect of ions, ~ dlambda^-2.5, at 2e14 electrons/cm^3 (Lyman alpha of a B star loses some 20 A, of an
// A0 star 50). Beyond 1,600 A Rayleigh scattering itself (Dalgarno 1962), to which all lines add coherently.
double lyman_cross_section(double angstrom) {
  if (angstrom > 1600) {
    const double w2 = angstrom * angstrom;
    return (5.799e-13 + (1.422e-6 + 2.784 / w2) / w2) / (w2 * w2);
  }
  constexpr double kClassical = 8.8525e-21;  // pi e^2 / (m c^2), cm^2 per Angstrom of a profile, over lambda^2 in A^2
  constexpr double kDamping[2] = {7.8e-6, 3e-6};  // Angstrom: Lyman alpha, the others
  double sum = 0;
  for (size_t k = 0; k < std::size(kLyman); ++k) {
    const double centre = series_angstrom(1, 2 + int(k)), d = std::max(0.05, std::abs(angstrom - centre));
    const double rayleigh = std::min(1.0, std::pow(centre / angstrom, 4));
    const double profile = kDamping[k > 0] * rayleigh / (d * d) + 1.5e-4 * (1 + double(k)) / std::pow(d, 2.5);
    sum += kClassical * centre * centre * kLyman[k] * profile;
  }
  return sum;
}

// Ratio of hydrogen (n = 2) to H-minus opacity: steep in temperature, larger where electrons are few.
double hydrogen_ratio(double teff, double log_g) {
  return std::min(3e3, std::pow(teff / kPivot, 7.0) * std::pow(10.0, -0.22 * (log_g - 4.4)));
}

// Atoms in the ground state, in the unit of StarModel's populations, as Boltzmann has them; in cool stars, where
// hydrogen_ratio is not a matter of n = 2 alone, as at its pivot.
double ground_state(double teff, double log_g) {
  const double t = std::max(teff, kPivot);
  return 0.622 * hydrogen_ratio(t, log_g) * std::exp(10.2 * kKelvinPerEv / t);
}

}  // namespace

StarModel::Patterns StarModel::make_patterns(bool fine) {
  Patterns p;
  p.angstrom.resize(size_t(fine ? kFineCells : kCoarseCells));
  const size_t n = p.angstrom.size();
  for (size_t i = 0; i < n; ++i) p.angstrom[i] = float(fine ? fine_angstrom(double(i)) : coarse_angstrom(double(i)));
  for (auto* v : {&p.h_minus_bound_free, &p.h_minus_free_free, &p.blanket, &p.ultraviolet, &p.lyman})
    v->assign(n, 0.0f);
  for (auto& v : p.hydrogen) v.assign(n, 0.0f);
  for (size_t i = 0; i < n; ++i) {
    const double w = p.angstrom[i], um = w * 1e-4;
    p.h_minus_bound_free[i] = float(h_minus_bound_free(um));
    p.h_minus_free_free[i] = float(0.12 * um * um);
    for (int level = 1; level <= 6; ++level)
      if (w < 911.754 * level * level)
        p.hydrogen[level - 1][i] =
            float((level == 3 ? 0.475 : 1.0) * 32 * std::pow(level, -5.0) * std::pow(um / 0.3646, 3));
    if (w > 911.754 * 4) {  // the crowded high Balmer lines merge into a tail of their continuum
      const double x = (w - 911.754 * 4) / 65;
      p.hydrogen[1][i] = float(std::exp(-x - 0.12 * x * x) / (1 + 0.5 * x));
    }
    p.blanket[i] =
        float(0.72 * std::pow(std::clamp((5320 - w) / 1000, 0.0, 1.5), 1.7) + 1.7 * logistic((3060 - w) / 110) +
              5 * logistic((2640 - w) / 70) + 15 * logistic((2080 - w) / 60));
    p.ultraviolet[i] = float(0.016 * logistic((2800 - w) / 200));
  }
  for (int g = 0; g < 3; ++g) {
    const double growth = std::pow(10.0, 0.33 * (kGravities[g] - 4.2));
    p.balmer[g].assign(n, 0.0f);
    p.paschen[g].assign(n, 0.0f);
    add_series(kBalmer, 2, 2.0 * growth, 0.25, 900 * 0.033, p.angstrom, p.balmer[g]);
    add_series(kPaschen, 3, 4.0 * growth, 0, 500 * 0.10, p.angstrom, p.paschen[g]);
  }
  // In units of the Balmer continuum at its edge (1.38e-17 cm^2 an atom of n = 2) per population() of n = 1: the levels
  // have 8 and 2 states.
  for (size_t i = 0; i < n; ++i) p.lyman[i] = float(lyman_cross_section(p.angstrom[i]) / (4 * 1.38e-17));
  for (int kind = 0; kind < kStarLineKinds; ++kind) p.kinds.push_back(line_pattern(StarLineKind(kind), p.angstrom));
  return p;
}

StarModel::StarModel() : coarse_(make_patterns(false)), fine_(make_patterns(true)) {}

void StarModel::emergent(const Patterns& p, double teff, double log_g, double fe_h, std::vector<float>& flux) {
  const size_t n = p.angstrom.size();
  const double ratio = hydrogen_ratio(teff, log_g);
  const auto at = [&](double w) {  // continuum opacity of H-minus and the first levels, for the scale
    const double um = w * 1e-4;
    double k = h_minus_bound_free(um) + 0.12 * um * um * std::pow(teff / 6000, -0.2);
    for (int level = 1; level <= 6; ++level)
      if (w < 911.754 * level * level)
        k += ratio * 0.622 * (level == 3 ? 0.475 : 1.0) * 32 * std::pow(level, -5.0) * std::pow(um / 0.3646, 3) *
             std::exp(-(kIonisationEv * (1 - 1.0 / (level * level)) - 10.2) * kKelvinPerEv / teff);
    return k;
  };
  const double scattering = ratio * 0.013 * std::pow(teff / 1.9953e4, 2.4) * std::pow(10.0, -0.5 * (log_g - 4.2));
  const double scale5000 = at(5000) + scattering, scale = 1 / (at(5500) + scattering);
  double population[6];
  for (int level = 1; level <= 6; ++level)
    population[level - 1] =
        ratio * 0.622 * std::exp(-(kIonisationEv * (1 - 1.0 / (level * level)) - 10.2) * kKelvinPerEv / teff);
  // The jump of B and O stars is smaller than grey LTE makes it.
  population[1] /= 1 + 2.2 * logistic((teff - 9000) / 350);
  const float metals = float(std::pow(10.0, 0.45 * fe_h) * std::pow(std::max(0.0, (7480 - teff) / 4000), 1.3));
  const float hot = float(std::pow(10.0, 0.5 * fe_h) * logistic((teff - 16000) / 900) * ratio);
  const float ground = float(ground_state(teff, log_g));
  const float free_free = float(std::pow(teff / 6000, -0.2));
  const float hydrogen_free = float(3e-3 * 0.622 * ratio * std::pow(teff / 9000, 1.5));
  float strengths[kStarLineKinds];
  line_strengths(teff, log_g, fe_h, strengths);
  std::vector<float> k(n);
  for (size_t i = 0; i < n; ++i) {
    const float um = p.angstrom[i] * 1e-4f;
    k[i] = p.h_minus_bound_free[i] + free_free * p.h_minus_free_free[i] + float(scattering) +
           hydrogen_free * um * um * um + metals * p.blanket[i] + hot * p.ultraviolet[i] + ground * p.lyman[i];
  }
  for (int level = 0; level < 6; ++level)
    for (size_t i = 0; i < n; ++i) k[i] += float(population[level]) * p.hydrogen[level][i];
  const int g0 = log_g < kGravities[1] ? 0 : 1;
  const double t = std::clamp((log_g - kGravities[g0]) / (kGravities[g0 + 1] - kGravities[g0]), 0.0, 1.6);
  // Lines fade a little faster than the continuum of their series towards cool stars.
  const double lines = ratio * std::min(1.0, std::pow(teff / 8800, 0.4));
  const float paschen = float(lines * std::exp(-1.9 * kKelvinPerEv / teff));
  for (int side = 0; side < 2; ++side) {
    const float weight = float(side ? t : 1 - t);
    for (size_t i = 0; i < n; ++i)
      k[i] += weight * (float(lines) * p.balmer[g0 + side][i] + paschen * p.paschen[g0 + side][i]);
  }
  for (int kind = 0; kind < kStarLineKinds; ++kind) {
    const float s = float(strengths[kind] * scale5000);
    if (s < 1e-4f) continue;
    for (size_t i = 0; i < n; ++i) k[i] += s * p.kinds[size_t(kind)][i];
  }
  flux.resize(n);
  const float second_radiation = float(1.438777e8 / teff);
  for (size_t i = 0; i < n; ++i) {
    const float tau = std::min(30.0f, float(2.0 / 3 / scale) / std::max(1e-6f, k[i]));
    const float q = 0.35f + 0.317f * (1 - std::exp(-3 * tau));
    const float w = p.angstrom[i], x = second_radiation / (w * std::sqrt(std::sqrt(0.75f * (tau + q))));
    const float w4 = 1e-4f * w;
    flux[i] = x > 80 ? 0 : 1 / (w4 * w4 * w4 * w4 * w4 * std::expm1(x));
  }
}

ModelSpectrum StarModel::spectrum(double teff_k, double log_g, double fe_h) const {
  ASTERISM_CHECK(teff_k >= 2400 && teff_k <= 60000 && log_g >= 0 && log_g <= 6 && fe_h >= -3 && fe_h <= 0.6,
                 "Teff {}, log g {}, [Fe/H] {}", teff_k, log_g, fe_h);
  ModelSpectrum out;
  emergent(coarse_, teff_k, log_g, fe_h, out.coarse);
  emergent(fine_, teff_k, log_g, fe_h, out.fine);
  out.coarse_from_fine();
  double bolometric = 0;
  for (int i = 0; i < kCoarseCells; ++i) bolometric += double(out.coarse[size_t(i)]) * coarse_angstrom(i);
  const float norm = float(1 / (bolometric * kCoarseStep * std::numbers::ln10));
  for (float& v : out.coarse) v *= norm;
  for (float& v : out.fine) v *= norm;
  return out;
}

}  // namespace asterism::sky
