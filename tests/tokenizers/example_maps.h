#pragma once
// Small blocks of what lies on a cutout: lists of sources and maps of discs.

#include <cmath>

#include "base/random.h"
#include "modalities/block.h"
#include "modalities/catalog.h"
#include "modalities/map.h"

namespace asterism::test {

// Sources on a cutout of 96 pixels, in the columns of the Legacy Survey and one more.
inline modalities::CatalogBlock catalogs(int64_t n, uint64_t seed = 1) {
  auto b = modalities::make_catalogs(n, 12,
                                     {{"FLUX_G", "nanomaggy"},
                                      {"X", "pixel"},
                                      {"Y", "pixel"},
                                      {"SHAPE_E1", ""},
                                      {"SHAPE_E2", ""},
                                      {"SHAPE_R", "arcsec"}});
  for (int64_t i = 0; i < n; ++i) {
    base::Random random(seed, 0, uint64_t(i), "test.catalogs");
    b.present[size_t(i)] = 1;
    b.count[size_t(i)] = int32_t(random.uniform(1, 13));
    for (int64_t k = 0; k < b.count[size_t(i)]; ++k) {
      const double values[] = {std::exp(random.normal()),
                               std::floor(random.uniform(0, 96)),
                               std::floor(random.uniform(0, 96)),
                               0.3 * random.normal(),
                               0.3 * random.normal(),
                               std::exp(0.5 * random.normal())};
      for (int64_t c = 0; c < 6; ++c) {
        const auto at = size_t((i * 6 + c) * b.length + k);
        b.value[at] = float(values[c]);
        b.mask[at] = 0;
      }
    }
  }
  return b;
}

inline void hide(modalities::CatalogBlock& b, int64_t row) {
  b.present[size_t(row)] = 0;
  b.count[size_t(row)] = 0;
  const auto size = size_t(b.length) * b.columns.size();
  for (size_t j = size_t(row) * size; j < size_t(row + 1) * size; ++j) b.value[j] = 0, b.mask[j] = 1;
}

// Discs with soft edges.
inline modalities::MapBlock maps(int64_t n, int64_t size = 96, uint64_t seed = 1) {
  auto b = modalities::make_maps(n, {{"disc", ""}}, size, size, 0.262, false, false);
  for (int64_t i = 0; i < n; ++i) {
    base::Random random(seed, 0, uint64_t(i), "test.maps");
    const double x0 = random.uniform(20, 70), y0 = random.uniform(20, 70), radius = random.uniform(5, 20);
    b.present[size_t(i)] = 1;
    for (int64_t y = 0; y < size; ++y)
      for (int64_t x = 0; x < size; ++x) {
        const auto at = size_t((i * size + y) * size + x);
        const bool bad = random.uniform() < 0.01;
        b.value[at] = bad ? 0 : float(1 / (1 + std::exp(std::hypot(double(x) - x0, double(y) - y0) - radius)));
        b.ivar[at] = !bad;
        b.mask[at] = bad;
      }
  }
  return b;
}

inline void hide(modalities::MapBlock& b, int64_t row) {
  b.present[size_t(row)] = 0;
  const int64_t pixels = b.height * b.width;
  for (int64_t j = row * pixels; j < (row + 1) * pixels; ++j) {
    b.value[size_t(j)] = b.ivar[size_t(j)] = 0;
    b.mask[size_t(j)] = 1;
  }
}

}  // namespace asterism::test
