#pragma once
// Twelve objects on a ring: object i has the vector (cos, sin) of i x 30 degrees, a redshift of i / 10 (missing for
// 11), and an image.

#include <cmath>
#include <filesystem>
#include <numbers>

#include "data/hats_write.h"
#include "modalities/image.h"
#include "modalities/scalar.h"
#include "modalities/vector.h"

namespace asterism::similar {

inline modalities::Batch ring() {
  constexpr int64_t kObjects = 12, kSize = 8;
  modalities::Batch batch;
  auto vectors = modalities::make_vectors(kObjects, 2);
  auto redshift = modalities::make_scalars(kObjects, "", false);
  modalities::ImageBlock image;
  image.n = kObjects;
  image.height = image.width = kSize;
  image.bands = {{"des-g", 4800, 1500}, {"des-r", 6400, 1400}, {"des-z", 9200, 1500}};
  image.unit = "nanomaggy";
  image.pixel_scale_arcsec = 0.262;
  image.has_ivar = true;
  const size_t pixels = size_t(kObjects) * 3 * kSize * kSize;
  image.present.assign(kObjects, 1);
  image.flux.assign(pixels, 0.1F);
  image.ivar.assign(pixels, 100);
  image.mask.assign(pixels, 0);
  image.psf_fwhm_arcsec.assign(kObjects * 3, 1.2F);
  for (int64_t i = 0; i < kObjects; ++i) {
    modalities::ObjectKey key;
    key.survey = "mock";
    key.id = "ring-" + std::to_string(i);
    key.has_position = true;
    key.ra_deg = 10.0 * double(i);
    key.dec_deg = 5;
    batch.objects.push_back(key);
    vectors.present[size_t(i)] = 1;
    vectors.value[size_t(2 * i)] = float(std::cos(double(i) * std::numbers::pi / 6));
    vectors.value[size_t(2 * i + 1)] = float(std::sin(double(i) * std::numbers::pi / 6));
    if (i == 11) continue;
    redshift.present[size_t(i)] = 1;
    redshift.value[size_t(i)] = double(i) / 10;
  }
  batch.blocks.emplace("vector", vectors);
  batch.blocks.emplace("redshift", redshift);
  batch.blocks.emplace("image_legacy", image);
  return batch;
}

inline std::filesystem::path write_ring(const std::filesystem::path& out, const modalities::Batch& objects = ring()) {
  data::DatasetInfo info;
  info.name = "ring";
  info.title = "a ring";
  data::HatsWriter writer(out, info);
  writer.add(objects);
  return writer.finish().path;
}

// All twelve are called mock/same.
inline std::filesystem::path write_ring_of_one_name(const std::filesystem::path& out) {
  auto objects = ring();
  for (auto& key : objects.objects) key.id = "same";
  return write_ring(out, objects);
}

}  // namespace asterism::similar
