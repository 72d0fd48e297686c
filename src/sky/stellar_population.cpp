#include "sky/stellar_population.h"

#include <algorithm>
#include <cmath>

#include "base/threads.h"
#include "sky/isochrone.h"
#include "sky/nebular.h"

namespace asterism::sky {
namespace {

constexpr double kAgeEdges[kAgeBins + 1] = {0, 0.005, 0.02, 0.06, 0.15, 0.4, 1.0, 2.0, 4.0, 7.0, 13.8};
constexpr double kLogZ[kMetallicities] = {-1.0, -0.4, 0.0, 0.35};
constexpr double kBurstGyr = 0.1;
constexpr int kAgesPerBin = 4;

// Share of the SFR ~ t exp(-t / tau) between its start and t.
double formed(double t, double tau) {
  const double x = std::max(0.0, t) / tau;
  return 1 - (1 + x) * std::exp(-x);
}

constexpr int kIonisingBins = 2;  // the youngest, whose stars ionise gas (recent_star_formation of light.h)

// Adds the continuum of the gas that one solar mass formed in these bins ionises, as the emission lines count it.
void add_gas(ModelSpectrum& spectrum) {
  const double hbeta = kHbetaPerSfr / (kAgeEdges[kIonisingBins] * 1e9) / 3.828e33;  // solar luminosities
  for (int i = 0; i < kCoarseCells; ++i)
    spectrum.coarse[size_t(i)] += float(hbeta * nebular_continuum(coarse_angstrom(i)));
  for (int i = 0; i < kFineCells; ++i) spectrum.fine[size_t(i)] += float(hbeta * nebular_continuum(fine_angstrom(i)));
}

}  // namespace

std::span<const double> age_edges_gyr() { return kAgeEdges; }
std::span<const double> population_metallicities() { return kLogZ; }

PopulationTemplates::PopulationTemplates(const StarGrid& stars)
    : templates_(kAgeBins * kMetallicities), surviving_(kAgeBins * kMetallicities, 0.0) {
  base::parallel_for(templates_.size(), 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const int bin = int(i) % kAgeBins, metallicity = int(i) / kAgeBins;
      const double young = std::max(kAgeEdges[bin], 0.001), old = kAgeEdges[bin + 1], fe_h = kLogZ[metallicity];
      std::vector<double> weights(stars.templates().size(), 0.0);
      for (int k = 0; k < kAgesPerBin; ++k) {
        const double age = 1e9 * (young + (old - young) * (k + 0.5) / kAgesPerBin);
        for (const StarBin& star : isochrone(age, fe_h)) {
          const Mixture m = StarGrid::mixture(star.teff_k, star.log_g, fe_h);
          for (int j = 0; j < m.count; ++j)
            weights[size_t(m.index[size_t(j)])] +=
                star.number * star.luminosity * double(m.weight[size_t(j)]) / kAgesPerBin;
        }
        surviving_[i] += surviving_mass(age, fe_h) / kAgesPerBin;
      }
      templates_[i] = empty_spectrum();
      for (size_t s = 0; s < weights.size(); ++s)
        if (weights[s] > 0) templates_[i].add(stars.templates()[s], float(weights[s]));
      if (bin < kIonisingBins) add_gas(templates_[i]);
    }
  });
}

void age_weights(double start_gyr, double tau_gyr, double burst_share, double weights[kAgeBins]) {
  const double total = formed(start_gyr, tau_gyr);
  for (int i = 0; i < kAgeBins; ++i) {
    const double young = kAgeEdges[i], old = kAgeEdges[i + 1];
    weights[i] = (1 - burst_share) * (formed(start_gyr - young, tau_gyr) - formed(start_gyr - old, tau_gyr)) / total;
    weights[i] += burst_share * std::max(0.0, std::min(old, kBurstGyr) - young) / kBurstGyr;
  }
}

Mixture population_mixture(const double weights[kAgeBins], double log_metallicity) {
  int z = 0;
  while (z < kMetallicities - 2 && log_metallicity > kLogZ[z + 1]) ++z;
  const double above = std::clamp((log_metallicity - kLogZ[z]) / (kLogZ[z + 1] - kLogZ[z]), 0.0, 1.0);
  Mixture out;
  for (int i = 0; i < kAgeBins; ++i) {
    if (weights[i] <= 0) continue;
    out.add(PopulationTemplates::index(i, z), weights[i] * (1 - above));
    out.add(PopulationTemplates::index(i, z + 1), weights[i] * above);
  }
  return out;
}

}  // namespace asterism::sky
