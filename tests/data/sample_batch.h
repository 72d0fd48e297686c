#pragma once
// A small batch with every kind of modality, holes included, for the tests of this floor.

#include <cstdlib>
#include <filesystem>
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
#include "tests/where.h"

namespace asterism::data {

inline std::filesystem::path shared_folder() {
  const char* given = std::getenv("ASTERISM_SHARED");
  return given != nullptr ? std::filesystem::path(given)
                          : std::filesystem::path(asterism::tests::kSourceFolder) / ".." / "shared";
}

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

// n objects at random places, every seventh without one.
inline modalities::Batch sample_batch(int64_t n, uint64_t seed = 1, const std::string& prefix = "obj-") {
  base::Random random(seed, 0, 0, "sample objects");
  modalities::Batch batch;
  for (int64_t i = 0; i < n; ++i) {
    modalities::ObjectKey key{"mock", prefix + std::to_string(i), i % 7 != 6, 0, 0};
    if (key.has_position) {
      key.ra_deg = random.uniform(0, 360);
      key.dec_deg = random.uniform(-90, 90);
    }
    batch.objects.push_back(key);
  }
  batch.blocks.emplace("image_legacy", sample_images(n, seed));
  batch.blocks.emplace("spectrum_desi", sample_spectra(n, seed));
  batch.blocks.emplace("rgb_image", sample_pictures(n, seed));
  batch.blocks.emplace("lightcurve_ztf", sample_light_curves(n, seed));
  batch.blocks.emplace("catalog_legacy", sample_catalogs(n, seed));
  batch.blocks.emplace("maps_segmentation", sample_maps(n, seed));
  batch.blocks.emplace("cube_muse", sample_cubes(n, seed));
  batch.blocks.emplace("flux_g", sample_scalars(n, seed, "nanomaggy", true));
  batch.blocks.emplace("redshift", sample_scalars(n, seed + 1, "", false));
  return batch;
}

inline bool same_curves(modalities::LightCurveBlock x, modalities::LightCurveBlock y) {
  const auto longest = modalities::make_light_curves(0, std::max(x.length, y.length), x.bands, x.unit, x.time_system);
  x = modalities::concatenate({&longest, &x});
  y = modalities::concatenate({&longest, &y});
  return x.n == y.n && x.bands == y.bands && x.unit == y.unit && x.time_system == y.time_system &&
         x.present == y.present && x.count == y.count && x.time_day == y.time_day && x.band == y.band &&
         x.value == y.value && x.error == y.error && x.mask == y.mask && x.upper_limit == y.upper_limit;
}

inline bool same_lists(modalities::CatalogBlock x, modalities::CatalogBlock y) {
  if (x.columns != y.columns) return false;
  const auto longest = modalities::make_catalogs(0, std::max(x.length, y.length), x.columns);
  x = modalities::concatenate({&longest, &x});
  y = modalities::concatenate({&longest, &y});
  return x.n == y.n && x.present == y.present && x.count == y.count && x.value == y.value && x.mask == y.mask;
}

// Batches agree bit by bit (padding apart).
inline bool same_block(const modalities::Block& a, const modalities::Block& b) {
  if (a.index() != b.index()) return false;
  if (const auto* x = std::get_if<modalities::ImageBlock>(&a)) {
    const auto& y = std::get<modalities::ImageBlock>(b);
    return x->n == y.n && x->height == y.height && x->width == y.width && x->bands == y.bands && x->unit == y.unit &&
           x->pixel_scale_arcsec == y.pixel_scale_arcsec && x->has_ivar == y.has_ivar && x->present == y.present &&
           x->flux == y.flux && x->ivar == y.ivar && x->mask == y.mask && x->psf_fwhm_arcsec == y.psf_fwhm_arcsec;
  }
  if (const auto* x = std::get_if<modalities::ScalarBlock>(&a)) {
    const auto& y = std::get<modalities::ScalarBlock>(b);
    return x->n == y.n && x->unit == y.unit && x->has_error == y.has_error && x->present == y.present &&
           x->value == y.value && x->error == y.error;
  }
  if (const auto* x = std::get_if<modalities::LightCurveBlock>(&a))
    return same_curves(*x, std::get<modalities::LightCurveBlock>(b));
  if (const auto* x = std::get_if<modalities::CatalogBlock>(&a))
    return same_lists(*x, std::get<modalities::CatalogBlock>(b));
  if (const auto* x = std::get_if<modalities::MapBlock>(&a)) {
    const auto& y = std::get<modalities::MapBlock>(b);
    return x->n == y.n && x->layers == y.layers && x->integer == y.integer && x->has_ivar == y.has_ivar &&
           x->pixel_scale_arcsec == y.pixel_scale_arcsec && x->present == y.present && x->value == y.value &&
           x->ivar == y.ivar && x->mask == y.mask;
  }
  if (std::holds_alternative<modalities::CubeBlock>(a)) {
    auto x = std::get<modalities::CubeBlock>(a), y = std::get<modalities::CubeBlock>(b);
    const auto longest =
        modalities::make_cubes(0, std::max(x.length, y.length), x.height, x.width, x.unit, x.pixel_scale_arcsec);
    if (x.length != y.length) {
      x = modalities::concatenate({&longest, &x});
      y = modalities::concatenate({&longest, &y});
    }
    return x.n == y.n && x.unit == y.unit && x.pixel_scale_arcsec == y.pixel_scale_arcsec && x.present == y.present &&
           x.flux == y.flux && x.ivar == y.ivar && x.mask == y.mask && x.lsf_sigma_angstrom == y.lsf_sigma_angstrom &&
           x.wavelength_angstrom == y.wavelength_angstrom;
  }
  auto x = std::get<modalities::SpectrumBlock>(a);
  auto y = std::get<modalities::SpectrumBlock>(b);
  if (x.length != y.length) {  // pad both to the longer
    const auto longest = modalities::make_spectra(0, std::max(x.length, y.length), x.unit);
    x = modalities::concatenate({&longest, &x});
    y = modalities::concatenate({&longest, &y});
  }
  return x.n == y.n && x.unit == y.unit && x.present == y.present && x.flux == y.flux && x.ivar == y.ivar &&
         x.mask == y.mask && x.wavelength_angstrom == y.wavelength_angstrom &&
         x.lsf_sigma_angstrom == y.lsf_sigma_angstrom;
}

inline bool same_object(const modalities::ObjectKey& a, const modalities::ObjectKey& b) {
  return a.survey == b.survey && a.id == b.id && a.has_position == b.has_position && a.ra_deg == b.ra_deg &&
         a.dec_deg == b.dec_deg;
}

}  // namespace asterism::data
