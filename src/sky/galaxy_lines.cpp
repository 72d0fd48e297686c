#include "sky/galaxy_lines.h"

#include <algorithm>
#include <cmath>

#include "astro/extinction.h"
#include "astro/lines.h"
#include "sky/nebular.h"

namespace asterism::sky {
namespace {

enum Driver { kBalmerLine, kOxygen2, kOxygen3, kNitrogen2, kSulphur2, kOxygen1, kNeon3, kHelium, kSulphur3, kDrivers };

struct LineShare {
  const char* name;
  Driver driver;
  double share;  // of what drives it: Balmer lines of H beta, doublets of their sum
};
constexpr LineShare kLines[] = {
    {"[OII]3726", kOxygen2, 0.42},    {"[OII]3729", kOxygen2, 0.58},   {"H10", kBalmerLine, 0.053},
    {"H9", kBalmerLine, 0.073},       {"[NeIII]3869", kNeon3, 1},      {"H8", kBalmerLine, 0.105},
    {"Hepsilon", kBalmerLine, 0.159}, {"Hdelta", kBalmerLine, 0.259},  {"Hgamma", kBalmerLine, 0.468},
    {"Hbeta", kBalmerLine, 1},        {"[OIII]4959", kOxygen3, 0.335}, {"[OIII]5007", kOxygen3, 1},
    {"HeI5876", kHelium, 1},          {"[OI]6300", kOxygen1, 1},       {"[OI]6364", kOxygen1, 0.33},
    {"[NII]6548", kNitrogen2, 0.34},  {"Halpha", kBalmerLine, 2.86},   {"[NII]6584", kNitrogen2, 1},
    {"[SII]6716", kSulphur2, 0.57},   {"[SII]6731", kSulphur2, 0.43},  {"[SIII]9069", kSulphur3, 0.4},
    {"[SIII]9531", kSulphur3, 1}};

// Each driver relative to H beta.
struct Ratios {
  double of[kDrivers];
};

Ratios star_forming(double log_z, double ionisation) {
  const double n2 = std::clamp(-0.45 + 1.1 * log_z - 0.2 * ionisation, -2.0, -0.28);
  const double o3 = 0.61 / (n2 - 0.08) + 1.1 + 0.8 * ionisation;
  const double o2 = 0.45 - 0.8 * std::max(0.0, log_z + 0.3) - 0.1 * ionisation;
  const double s2 = -0.45 + 0.25 * log_z - 0.3 * ionisation;
  const auto power = [](double x) { return std::pow(10.0, x); };
  return {
      {1, power(o2), power(o3), 2.86 * power(n2), 2.86 * power(s2), 0.08, 0.1 * power(o3), 0.12, 2.86 * power(-0.9)}};
}

constexpr Ratios kActiveNucleus{{1, 3.0, 8.0, 2.7, 1.6, 0.40, 0.8, 0.1, 0.5}};
constexpr Ratios kOldStars{{1, 4.0, 1.6, 2.9, 2.4, 0.45, 0.2, 0.0, 0.2}};  // LINER-like

constexpr double kHalphaOfOldStars = 8e28;  // erg/s per solar mass formed: equivalent width about 1 A
constexpr double kNebularDust = 1 / 0.44;

}  // namespace

std::vector<LineLight> galaxy_lines(const GalaxyTruth& galaxy, double sfr_per_mass) {
  const double young = kHbetaPerSfr * sfr_per_mass;
  const double old = kHalphaOfOldStars / 2.86;
  const double active = galaxy.agn_share * (0.7 * young + 12 * old);
  const Ratios forming = star_forming(galaxy.disc.log_metallicity + 0.05, galaxy.log_ionisation);
  std::vector<LineLight> out;
  out.reserve(std::size(kLines));
  for (const LineShare& line : kLines) {
    static const auto wavelengths = [] {
      std::vector<double> made;
      for (const LineShare& l : kLines) made.push_back(astro::line_angstrom(l.name));
      return made;
    }();
    const double w = wavelengths[size_t(&line - kLines)];
    const double dust = astro::transmission(kNebularDust * galaxy.disc.dust_av * astro::calzetti(w));
    const double light = young * forming.of[line.driver] * dust +
                         active * kActiveNucleus.of[line.driver] * std::sqrt(dust) + old * kOldStars.of[line.driver];
    out.push_back({w, line.share * light});
  }
  return out;
}

}  // namespace asterism::sky
