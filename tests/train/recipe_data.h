#pragma once
// Small datasets of whatever a recipe reads.

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "data/hats_write.h"
#include "modalities/image.h"
#include "modalities/light_curve.h"
#include "modalities/scalar.h"
#include "modalities/spectrum.h"
#include "models/any_to_any_settings.h"

namespace asterism::train {
namespace fs = std::filesystem;

// A dataset of scalars that have the names a recipe asks for.
inline void write_scalars(const std::vector<std::string>& names, const fs::path& out,
                          const std::vector<std::string>& ids) {
  modalities::Batch batch;
  const auto objects = int64_t(ids.size());
  for (int64_t i = 0; i < objects; ++i)
    batch.objects.push_back({.survey = "test",
                             .id = ids[size_t(i)],
                             .has_position = true,
                             .ra_deg = double(i),
                             .dec_deg = 0.1 * double(i)});
  for (const auto& name : names) {
    auto block =
        modalities::make_scalars(objects, name.rfind("flux", 0) == 0 ? "nanomaggy" : "", name.rfind("flux", 0) == 0);
    for (size_t i = 0; i < size_t(objects); ++i) {
      block.present[i] = 1;
      block.value[i] = name == "redshift_ok" ? double(i % 5 > 0) : double((i * 37) % 101) * 0.01 + 0.01;
      if (block.has_error) block.error[i] = 0.02;
    }
    batch.blocks[name] = block;
  }
  data::HatsWriter writer(out, {.name = "scalars"});
  writer.add(batch);
  writer.finish();
}

// Magnitudes in two bands of light curves that have the names a recipe asks for.
inline void write_curves(const std::vector<std::string>& names, const std::vector<std::string>& bands,
                         const fs::path& out) {
  modalities::Batch batch;
  for (int64_t i = 0; i < 60; ++i) batch.objects.push_back({.survey = "test", .id = std::to_string(i)});
  for (const auto& name : names) {
    auto curves = modalities::make_light_curves(60, 24, {{bands.at(0), 0, 0}, {bands.at(1), 0, 0}}, "mag", "day");
    for (int64_t i = 0; i < 60; ++i) {
      std::vector<modalities::LightCurvePoint> points;
      for (int k = 0; k < 24; ++k)
        points.push_back({double(k * k % 97), k % 2, float(17 + std::sin(double(k * i))), 0.1F, false, k == 5});
      modalities::set_points(curves, i, std::move(points));
    }
    batch.blocks[name] = curves;
  }
  data::HatsWriter writer(out, {.name = "curves"});
  writer.add(batch);
  writer.finish();
}

// Settings of a tokenizer that make it quick.
inline std::vector<std::string> quick_tokenizer(const std::string& kind) {
  if (kind == "spectrum_templates") return {"redshift_low=[-0.01]", "redshift_high=[7]", "directions=[1]"};
  if (kind == "cube_templates") return {"directions=2", "fit_rounds=1", "redshift_high=1"};
  if (kind == "image_templates") return {"directions=4", "fit_rounds=1"};
  if (kind == "image_scenes") return {"galaxy_directions=4", "point_directions=3", "fit_rounds=1", "posing=[]"};
  return {};
}

// Does a recipe read pairs of observations that the mock sky does not make?
inline bool no_mock_has(const std::vector<std::string>& reads) {
  return std::any_of(reads.begin(), reads.end(), [](const std::string& modality) {
    return modality == "spectrum_supernova" || modality == "image_ztf";
  });
}

// Of sixty objects what a recipe of real pairs reads, without meaning: light curves, spectra, images by name and bands.
inline void write_pairs(const std::map<std::string, models::ModalitySettings>& reads, const fs::path& out) {
  constexpr int64_t kObjects = 60, kPixels = 50, kSide = 40;
  modalities::Batch batch;
  for (int64_t i = 0; i < kObjects; ++i) batch.objects.push_back({.survey = "test", .id = std::to_string(i)});
  base::Random random(2, 0, 0, "pairs");
  for (const auto& [name, settings] : reads) {
    std::vector<modalities::Band> bands;
    for (const auto& band : settings.bands) bands.push_back({band, 0, 0});
    if (settings.kind == "light_curve") {
      auto curves = modalities::make_light_curves(kObjects, 8, bands, "mag", "MJD");
      for (int64_t i = 0; i < kObjects; ++i) {
        std::vector<modalities::LightCurvePoint> points;
        for (int k = 0; k < 8; ++k) points.push_back({3.0 * k, k % 2, float(18 + random.normal()), 0.1F});
        modalities::set_points(curves, i, std::move(points));
      }
      batch.blocks[name] = curves;
    } else if (settings.kind == "spectrum") {
      auto spectra = modalities::make_spectra(kObjects, kPixels, "counts");
      for (size_t at = 0; at < spectra.flux.size(); ++at) {
        spectra.wavelength_angstrom[at] = float(4000 + 50 * (at % kPixels));
        spectra.flux[at] = float(3 + random.normal());
        spectra.ivar[at] = 1;
        spectra.mask[at] = 0;
      }
      spectra.present.assign(size_t(kObjects), 1);
      batch.blocks[name] = spectra;
    } else {
      auto images = modalities::make_images(kObjects, bands, kSide, kSide, "counts", 1, false);
      for (float& flux : images.flux) flux = float(random.normal());
      std::fill(images.mask.begin(), images.mask.end(), uint8_t{0});
      std::fill(images.ivar.begin(), images.ivar.end(), 1.0F);
      images.present.assign(size_t(kObjects), 1);
      batch.blocks[name] = images;
    }
  }
  data::HatsWriter writer(out, {.name = "pairs"});
  writer.add(batch);
  writer.finish();
}

// Colour pictures of no meaning, with labels of none.
inline void write_pictures(const fs::path& out) {
  constexpr int64_t kObjects = 60, kSide = 70;
  modalities::Batch batch;
  auto pictures = modalities::make_images(kObjects, {{"red", 0, 0}, {"green", 0, 0}, {"blue", 0, 0}}, kSide, kSide,
                                          "display", 0, false);
  pictures.present.assign(size_t(kObjects), 1);
  std::fill(pictures.mask.begin(), pictures.mask.end(), uint8_t{0});
  std::fill(pictures.ivar.begin(), pictures.ivar.end(), 1.0f);
  for (int64_t i = 0; i < kObjects; ++i) {
    base::Random random(1, 0, uint64_t(i), "pictures");
    const auto each = pictures.flux.size() / size_t(kObjects);
    for (size_t k = 0; k < each; ++k) pictures.flux[size_t(i) * each + k] = float(random.uniform());
    batch.objects.push_back({.survey = "test", .id = std::to_string(i)});
  }
  auto votes = modalities::make_scalars(kObjects, "", false);
  votes.present.assign(size_t(kObjects), 1);
  for (int64_t i = 0; i < kObjects; ++i) votes.value[size_t(i)] = double(i) / double(kObjects);
  batch.blocks["spiral_fraction"] = votes;
  batch.blocks["rgb_image"] = pictures;
  data::HatsWriter writer(out, {.name = "pictures"});
  writer.add(batch);
  writer.finish();
}

}  // namespace asterism::train
