#pragma once
// Small blocks of every kind, holes included, for the tests of this floor.

#include <cstdint>
#include <string>

#include "base/random.h"
#include "modalities/block.h"
#include "modalities/catalog.h"
#include "modalities/cube.h"
#include "modalities/image.h"
#include "modalities/light_curve.h"
#include "modalities/map.h"
#include "modalities/scalar.h"
#include "modalities/spectrum.h"

namespace asterism::data {

inline modalities::ImageBlock sample_images(int64_t n, uint64_t seed, bool ivar = true) {
  base::Random random(seed, 0, 0, "sample images");
  auto block =
      modalities::make_images(n, {{"des-g", 4800, 1300}, {"des-r", 6400, 1400}}, 6, 5, "nanomaggy", 0.262, ivar);
  const int64_t size = 2 * 6 * 5;
  for (int64_t row = 0; row < n; ++row) {
    if (row % 5 == 3) continue;
    block.present[size_t(row)] = 1;
    for (int64_t i = row * size; i < (row + 1) * size; ++i) {
      block.flux[size_t(i)] = float(random.normal());
      block.mask[size_t(i)] = random.uniform() < 0.1;
      block.ivar[size_t(i)] = block.mask[size_t(i)] != 0 ? 0 : ivar ? float(random.uniform(1, 9)) : 1;
    }
    block.psf_fwhm_arcsec[size_t(row * 2)] = 1.25f;  // the second band's is unknown
  }
  return block;
}

inline modalities::SpectrumBlock sample_spectra(int64_t n, uint64_t seed) {
  base::Random random(seed, 0, 0, "sample spectra");
  const int64_t length = 40;
  auto block = modalities::make_spectra(n, length, "1e-17 erg/s/cm^2/Angstrom");
  for (int64_t row = 0; row < n; ++row) {
    if (row % 4 == 1) continue;
    block.present[size_t(row)] = 1;
    const int64_t used = row == 0 ? length : 20 + int64_t(random.below(20));
    for (int64_t i = row * length; i < row * length + used; ++i) {
      block.wavelength_angstrom[size_t(i)] = 3600 + 0.8f * float(i - row * length);
      block.flux[size_t(i)] = float(random.normal());
      block.mask[size_t(i)] = random.uniform() < 0.2;
      block.ivar[size_t(i)] = block.mask[size_t(i)] != 0 ? 0 : float(random.uniform(1, 9));
      block.lsf_sigma_angstrom[size_t(i)] = row % 2 == 0 ? 0.9f : 0;
    }
  }
  return block;
}

inline modalities::ScalarBlock sample_scalars(int64_t n, uint64_t seed, const std::string& unit, bool error) {
  base::Random random(seed, 0, 0, "sample scalars");
  auto block = modalities::make_scalars(n, unit, error);
  for (int64_t row = 0; row < n; ++row) {
    if (random.uniform() < 0.3) continue;
    block.present[size_t(row)] = 1;
    block.value[size_t(row)] = random.normal();
    if (error) block.error[size_t(row)] = random.uniform();
  }
  return block;
}

inline modalities::ImageBlock sample_pictures(int64_t n, uint64_t seed) {
  base::Random random(seed, 0, 0, "sample pictures");
  auto block = modalities::make_images(n, {{"red", 0, 0}, {"green", 0, 0}, {"blue", 0, 0}}, 8, 7, "display", 0, false);
  const int64_t plane = 8 * 7, size = 3 * plane;
  for (int64_t row = 0; row < n; ++row) {
    if (row % 3 == 2) continue;
    block.present[size_t(row)] = 1;
    for (int64_t i = 0; i < size; ++i) {
      block.flux[size_t(row * size + i)] = float(random.below(256)) / 255;
      block.mask[size_t(row * size + i)] = row == 1 && i % plane < 7;
      block.ivar[size_t(row * size + i)] = block.mask[size_t(row * size + i)] != 0 ? 0 : 1;
    }
  }
  return block;
}

inline modalities::LightCurveBlock sample_light_curves(int64_t n, uint64_t seed, const std::string& unit = "mag") {
  base::Random random(seed, 0, 0, "sample light curves");
  auto block = modalities::make_light_curves(n, 12, {{"g", 4800, 1300}, {"r", 6400, 1400}}, unit, "MJD");
  for (int64_t row = 0; row < n; ++row) {
    if (row % 4 == 2) continue;
    std::vector<modalities::LightCurvePoint> points;
    for (uint64_t k = random.below(13); k > 0; --k)
      points.push_back({random.uniform(58000, 60000), int32_t(random.below(2)), float(random.normal()),
                        k % 3 == 0 ? 0 : float(random.uniform()), random.below(10) == 0, random.below(5) == 0});
    modalities::set_points(block, row, points);
  }
  return block;
}

inline modalities::CatalogBlock sample_catalogs(int64_t n, uint64_t seed) {
  base::Random random(seed, 0, 0, "sample lists");
  auto block = modalities::make_catalogs(n, 6, {{"X", "pixel"}, {"SHAPE_R", "arcsec"}});
  for (int64_t row = 0; row < n; ++row) {
    if (row % 5 == 1) continue;
    block.present[size_t(row)] = 1;
    block.count[size_t(row)] = int32_t(random.below(7));
    for (int64_t i = 0; i < 12; ++i) {
      if (i % 6 >= block.count[size_t(row)] || random.below(8) == 0) continue;
      block.value[size_t(row * 12 + i)] = float(random.normal());
      block.mask[size_t(row * 12 + i)] = 0;
    }
  }
  return block;
}

inline modalities::MapBlock sample_maps(int64_t n, uint64_t seed) {
  base::Random random(seed, 0, 0, "sample maps");
  auto block = modalities::make_maps(n, {{"source", ""}, {"fields", ""}}, 4, 3, 0.5, true, false);
  for (int64_t i = 0; i < n * 24; ++i) {
    if ((i / 24) % 3 == 1) continue;
    block.present[size_t(i / 24)] = 1;
    block.value[size_t(i)] = float(random.below(600));
    block.mask[size_t(i)] = random.uniform() < 0.1;
    block.ivar[size_t(i)] = block.mask[size_t(i)] != 0 ? 0 : 1;
  }
  return block;
}

// Of 5 planes, the last one of every other cube padding.
inline modalities::CubeBlock sample_cubes(int64_t n, uint64_t seed) {
  base::Random random(seed, 0, 0, "sample cubes");
  const int64_t length = 5, plane = 6;
  auto block = modalities::make_cubes(n, length, 2, 3, "1e-17 erg/s/cm^2/Angstrom", 0.2);
  for (int64_t row = 0; row < n; ++row) {
    if (row % 3 == 2) continue;
    block.present[size_t(row)] = 1;
    for (int64_t k = 0; k < length - row % 2; ++k) {
      block.wavelength_angstrom[size_t(row * length + k)] = 4750 + 1.25f * float(k);
      block.lsf_sigma_angstrom[size_t(row * length + k)] = row % 4 == 0 ? 1.1f : 0;
      for (int64_t i = (row * length + k) * plane; i < (row * length + k + 1) * plane; ++i) {
        block.flux[size_t(i)] = float(random.normal());
        block.mask[size_t(i)] = random.uniform() < 0.2;
        block.ivar[size_t(i)] = block.mask[size_t(i)] != 0 ? 0 : float(random.uniform(1, 9));
      }
    }
  }
  return block;
}

}  // namespace asterism::data
