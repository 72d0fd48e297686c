#pragma once
// How the fluxes of a spectrum or a cube come from the unit of a file to that of a dataset: flux densities a frequency
// become such a wavelength.

#include <string>

namespace asterism::data {

// What a flux is multiplied with: a number, times wavelength^-2 where it is one a frequency.
struct FluxDensity {
  double factor = 1;
  bool of_frequency = false;
  std::string unit;  // in the dataset
  double at(double angstrom) const { return of_frequency ? factor / (angstrom * angstrom) : factor; }
};

// stated: by the file; mapping, to: by the mapping, "" where it does not say. Without `to` flux densities come in 1e-17
// erg/s/cm^2/Angstrom, others stay in their unit, what has none is in counts. DataError naming `where` where file and
// mapping contradict each other, and for a unit that cannot become `to`.
FluxDensity flux_density(const std::string& stated, const std::string& mapping, const std::string& to,
                         const std::string& where);

}  // namespace asterism::data
