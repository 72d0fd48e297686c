#pragma once
// Galaxies that are made of known templates at rest (example_templates.h), and turn: 4,000 to 8,000 Angstrom.

#include "example_templates.h"
#include "modalities/cube.h"

namespace asterism::tokenizers::test {

struct TurningCubes {
  modalities::CubeBlock cubes;
  modalities::ScalarBlock redshift;
};

inline TurningCubes turning_cubes(int64_t n, int64_t side = 12, uint64_t seed = 1, int64_t length = 150) {
  TurningCubes out;
  out.redshift.n = n;
  out.redshift.error.assign(size_t(n), 0);
  out.redshift.present.assign(size_t(n), 1);
  auto& b = out.cubes = modalities::make_cubes(n, length, side, side, "1e-17 erg/s/cm^2/Angstrom", 0.5);
  for (int64_t i = 0; i < n; ++i) {
    base::Random random(seed, 0, uint64_t(i), "test.turning");
    const double z = random.uniform(0.05, 0.5), level = std::exp(random.normal()), a = random.normal();
    const double turn = random.uniform(-0.002, 0.002), slope = 0.3 * random.normal(), middle = double(side - 1) / 2;
    out.redshift.value.push_back(z);
    b.present[size_t(i)] = 1;
    for (int64_t k = 0; k < length; ++k) {
      const double w = 4000 * std::pow(2.0, (double(k) + 0.5) / double(length));
      b.wavelength_angstrom[size_t(i * length + k)] = float(w);
      b.lsf_sigma_angstrom[size_t(i * length + k)] = 5;
      for (int64_t p = 0; p < side * side; ++p) {
        const double y = double(p / side) - middle, x = double(p % side) - middle, sigma = 0.05 * level;
        const bool outside = std::abs(x) + std::abs(y) > 1.6 * middle;
        if (random.uniform() < 0.01 || outside) continue;
        const double bright = level * std::exp(-(x * x + y * y) / 18);
        const double seen = bright * rest_flux(false, w / (1 + z) / (1 + turn * x / middle), a + slope * y / middle, a);
        const auto at = size_t((i * length + k) * side * side + p);
        b.flux[at] = float(seen + sigma * random.normal());
        b.ivar[at] = float(1 / (sigma * sigma));
        b.mask[at] = 0;
      }
    }
  }
  return out;
}

}  // namespace asterism::tokenizers::test
