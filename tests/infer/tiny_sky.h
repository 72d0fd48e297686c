#pragma once
// A dataset of a few hundred objects over several tiles, some without position and some without photometry, and a small
// untrained model.

#include <filesystem>
#include <string>

#include "base/random.h"
#include "data/hats_write.h"
#include "modalities/scalar.h"
#include "models/any_to_any.h"

namespace asterism::infer {

constexpr int64_t kObjects = 240, kUnplaced = 12;

inline modalities::Batch sky_objects() {
  modalities::Batch batch;
  auto flux_g = modalities::make_scalars(kObjects, "nanomaggy", true), flux_r = flux_g;
  auto redshift = modalities::make_scalars(kObjects, "", false);
  for (int64_t i = 0; i < kObjects; ++i) {
    base::Random random(3, 0, uint64_t(i), "sky");
    const auto at = size_t(i);
    modalities::ObjectKey key{.survey = "test", .id = "object-" + std::to_string(i)};
    if (i >= kUnplaced) {
      key.has_position = true;
      key.ra_deg = random.uniform(0, 360);
      key.dec_deg = random.uniform(-80, 80);
    }
    batch.objects.push_back(key);
    redshift.present[at] = 1;
    redshift.value[at] = 0.1 + 0.5 * random.uniform();
    if (i % 10 == 0) continue;  // no photometry
    flux_g.present[at] = flux_r.present[at] = 1;
    flux_g.value[at] = 10 * redshift.value[at] + 0.1 * random.normal();
    flux_r.value[at] = 5 + random.normal();
    flux_g.error[at] = flux_r.error[at] = 0.1;
  }
  batch.blocks["flux_g"] = flux_g;
  batch.blocks["flux_r"] = flux_r;
  batch.blocks["redshift"] = redshift;
  return batch;
}

inline void write_sky(const std::filesystem::path& out, const std::vector<std::string>& without = {}) {
  data::HatsOptions options;
  options.partition_rows = 30;
  data::HatsWriter writer(out, {.name = "tiny"}, options);
  auto objects = sky_objects();
  for (const auto& name : without) objects.blocks.erase(name);
  writer.add(objects);
  writer.finish();
}

inline std::unique_ptr<models::AnyToAny> small_model() {
  models::AnyToAnySettings settings;
  settings.width = 16;
  settings.heads = 2;
  settings.encoder_layers = settings.decoder_layers = 1;
  settings.seed = 4;
  for (const auto* name : {"flux_g", "flux_r"}) settings.modalities[name].target = false;
  settings.modalities["redshift"].input = "none";
  settings.modalities["redshift"].bins = 16;
  auto model = std::make_unique<models::AnyToAny>(settings);
  model->fit(sky_objects());
  return model;
}

// Reads and predicts all three.
inline std::unique_ptr<models::AnyToAny> readable_model() {
  auto settings = small_model()->settings();
  for (auto& [name, modality] : settings.modalities) {
    modality.target = true;
    modality.input = "values";
    modality.bins = 16;
  }
  auto model = std::make_unique<models::AnyToAny>(settings);
  model->fit(sky_objects());
  return model;
}

}  // namespace asterism::infer
