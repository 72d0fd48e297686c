#pragma once
// A small batch with every kind of modality, holes included, for the tests of this floor.

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/random.h"
#include "modalities/block.h"
#include "modalities/catalog.h"
#include "modalities/cube.h"
#include "modalities/image.h"
#include "modalities/light_curve.h"
#include "modalities/map.h"
#include "modalities/scalar.h"
#include "modalities/spectrum.h"
#include "tests/data/sample_blocks.h"
#include "tests/where.h"

namespace asterism::data {

inline std::filesystem::path shared_folder() {
  const char* given = std::getenv("ASTERISM_SHARED");
  return given != nullptr ? std::filesystem::path(given)
                          : std::filesystem::path(asterism::tests::kSourceFolder) / ".." / "shared";
}

inline std::vector<std::string> object_ids(const modalities::Batch& batch) {
  std::vector<std::string> out;
  for (const auto& object : batch.objects) out.push_back(object.id);
  return out;
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
