#pragma once
// Spectra that are made of known templates at rest: stars (absorption at redshift 0) and galaxies (lines at any).

#include <cmath>

#include "base/random.h"
#include "modalities/block.h"

namespace asterism::tokenizers::test {

struct Redshifted {
  modalities::SpectrumBlock spectra;
  modalities::ScalarBlock redshift;
  std::vector<int> star;  // 1: a star
};

inline double rest_flux(bool star, double rest, double a, double b) {
  const auto line = [&](double at, double width) { return std::exp(-0.5 * std::pow((rest - at) / width, 2)); };
  if (star) return 1.5 - 0.5 * rest / 6000 + 0.3 * a * (rest / 6000 - 1) - (0.8 + 0.1 * b) * line(5000, 30);
  return 1 + 0.3 * a * (rest / 5000 - 1) + (4 + b) * line(4000, 15) + (6 + 2 * a) * line(4400, 15) + 3 * line(3300, 20);
}

// Every fourth one a star; the others of redshift 0.05 to 0.6. 4,000 to 8,000 Angstrom.
inline Redshifted redshifted(int64_t n, double signal_to_noise = 10, uint64_t seed = 1, int64_t length = 600) {
  Redshifted out;
  auto& b = out.spectra;
  b.n = out.redshift.n = n;
  b.length = length;
  b.unit = "1e-17 erg/s/cm^2/Angstrom";
  for (int64_t i = 0; i < n; ++i) {
    base::Random random(seed, 0, uint64_t(i), "test.redshifted");
    const bool star = i % 4 == 0;
    const double z = star ? 0.0005 * random.normal() : random.uniform(0.05, 0.6);
    const double level = std::exp(random.normal()), x = random.normal(), y = random.normal();
    out.star.push_back(star);
    out.redshift.present.push_back(1);
    out.redshift.value.push_back(z);
    out.redshift.error.push_back(0);
    b.present.push_back(1);
    for (int64_t j = 0; j < length; ++j) {
      const double wavelength = 4000 * std::pow(2.0, (double(j) + 0.5) / double(length));
      const double sigma = level / signal_to_noise;
      const bool bad = random.uniform() < 0.02;
      const double flux = level * rest_flux(star, wavelength / (1 + z), x, y) + sigma * random.normal();
      b.wavelength_angstrom.push_back(float(wavelength));
      b.flux.push_back(bad ? 0 : float(flux));
      b.ivar.push_back(bad ? 0 : float(1 / (sigma * sigma)));
      b.mask.push_back(bad);
      b.lsf_sigma_angstrom.push_back(2);
    }
  }
  return out;
}

}  // namespace asterism::tokenizers::test
