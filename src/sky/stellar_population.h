#pragma once
// The light of stars that formed together: templates of stellar populations, averaged over bins of age.

#include <span>
#include <vector>

#include "sky/star_grid.h"

namespace asterism::sky {

inline constexpr int kAgeBins = 10, kMetallicities = 4;

// Edges of the bins of age in Gyr (kAgeBins + 1 of them), and log10(Z / Z_sun) of the templates.
std::span<const double> age_edges_gyr();
std::span<const double> population_metallicities();

class PopulationTemplates {
 public:
  explicit PopulationTemplates(const StarGrid& stars);

  // Solar luminosities per Angstrom of one solar mass formed at a constant rate within an age bin, with the continuum
  // of the gas that it ionises (nebular.h); by index().
  const std::vector<ModelSpectrum>& templates() const { return templates_; }
  static int index(int age_bin, int metallicity) { return metallicity * kAgeBins + age_bin; }
  // Of the mass formed, what is left in stars and remnants.
  double surviving(int age_bin, int metallicity) const { return surviving_[size_t(index(age_bin, metallicity))]; }

 private:
  std::vector<ModelSpectrum> templates_;
  std::vector<double> surviving_;
};

// Share of the mass that formed within each age bin, for SFR ~ t exp(-t / tau) since `start_gyr` before now, of which
// `burst_share` formed at a constant rate in the last 0.1 Gyr instead. Sums to 1.
void age_weights(double start_gyr, double tau_gyr, double burst_share, double weights[kAgeBins]);

// The weights spread over the templates around a metallicity.
Mixture population_mixture(const double weights[kAgeBins], double log_metallicity);

}  // namespace asterism::sky
