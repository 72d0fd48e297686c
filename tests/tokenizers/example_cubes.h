#pragma once
// Small cubes with structure.

#include <cmath>

#include "base/random.h"
#include "modalities/cube.h"

namespace asterism::test {

// Round galaxies that turn: a slope that changes outwards and a line that moves from side to side; the corners were not
// observed.
inline modalities::CubeBlock cubes(int64_t n, int64_t length = 120, int64_t height = 6, int64_t width = 6,
                                   uint64_t seed = 1) {
  auto b = modalities::make_cubes(n, length, height, width, "1e-17 erg/s/cm^2/Angstrom", 0.5);
  for (int64_t i = 0; i < n; ++i) {
    base::Random random(seed, 0, uint64_t(i), "test.cubes");
    const double level = std::exp(random.normal()), slope = random.normal(), line = random.uniform(4500, 8500);
    const double turn = random.uniform(-30, 30), sigma = 0.1 * level;
    b.present[size_t(i)] = 1;
    for (int64_t k = 0; k < length; ++k) {
      const double w = 3700 + 6000.0 * double(k) / double(length);
      b.wavelength_angstrom[size_t(i * length + k)] = float(w);
      b.lsf_sigma_angstrom[size_t(i * length + k)] = 5;
      for (int64_t p = 0; p < height * width; ++p) {
        const double y = double(p / width) - double(height - 1) / 2, x = double(p % width) - double(width - 1) / 2;
        const bool outside = std::abs(x) + std::abs(y) > double(height + width) / 2 - 2;
        if (outside || random.uniform() < 0.02) continue;
        const double r = std::hypot(x, y), centre = line + turn * x;
        const double truth =
            level * std::exp(-r / 2) *
            (1 + 0.3 * slope * (w / 6700 - 1) * (1 + 0.2 * r) + 4 * std::exp(-0.5 * std::pow((w - centre) / 60, 2)));
        const auto at = size_t((i * length + k) * height * width + p);
        b.flux[at] = float(truth + sigma * random.normal());
        b.ivar[at] = float(1 / (sigma * sigma));
        b.mask[at] = 0;
      }
    }
  }
  return b;
}

inline void hide(modalities::CubeBlock& b, int64_t row) {
  b.present[size_t(row)] = 0;
  const int64_t size = b.length * b.height * b.width;
  for (int64_t j = row * b.length; j < (row + 1) * b.length; ++j)
    b.wavelength_angstrom[size_t(j)] = b.lsf_sigma_angstrom[size_t(j)] = 0;
  for (int64_t j = row * size; j < (row + 1) * size; ++j) {
    b.flux[size_t(j)] = b.ivar[size_t(j)] = 0;
    b.mask[size_t(j)] = 1;
  }
}

}  // namespace asterism::test
