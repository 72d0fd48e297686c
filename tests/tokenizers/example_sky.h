#pragma once
// Images of stars (round, of any seeing) and of galaxies (at any angle) in three bands, to the noise.

#include <cmath>

#include "base/random.h"
#include "example_blocks.h"

namespace asterism::test {

// Every third one a star.
inline modalities::ImageBlock stars_and_galaxies(int64_t n, int64_t size = 24, uint64_t seed = 1, double noise = 0.01) {
  auto b = images(n, size, seed);
  size_t at = 0;
  for (int64_t i = 0; i < n; ++i) {
    base::Random random(seed, 0, uint64_t(i), "test.sky");
    const bool star = i % 3 == 0;
    const double level = std::exp(random.uniform(-1, 2)), seeing = random.uniform(1.3, 1.8),
                 red = random.uniform(0.8, 1.6);
    const double along = star ? seeing : random.uniform(2.5, 3.5), across = star ? seeing : random.uniform(1.2, 2),
                 angle = random.uniform(0, 3.14159);
    for (int64_t c = 0; c < 3; ++c)
      for (int64_t y = 0; y < size; ++y)
        for (int64_t x = 0; x < size; ++x, ++at) {
          const double dx = double(x) - 0.5 * double(size - 1), dy = double(y) - 0.5 * double(size - 1);
          const double u = std::cos(angle) * dx + std::sin(angle) * dy, v = std::cos(angle) * dy - std::sin(angle) * dx;
          const double light =
              level * std::pow(red, double(c)) * std::exp(-0.5 * (u * u / (along * along) + v * v / (across * across)));
          b.flux[at] = b.mask[at] != 0 ? 0 : float(light + noise * random.normal());
          b.ivar[at] = b.mask[at] != 0 ? 0 : float(1 / (noise * noise));
        }
  }
  return b;
}

}  // namespace asterism::test
