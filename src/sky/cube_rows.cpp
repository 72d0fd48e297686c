#include "sky/cube_rows.h"

#include <algorithm>

#include "base/error.h"
#include "modalities/all.h"
#include "modalities/cube.h"
#include "modalities/map.h"
#include "modalities/scalar.h"
#include "sky/cube.h"
#include "sky/rotation.h"

namespace asterism::sky {
namespace {

std::string known_unit(std::string_view name) {
  const modalities::Known* known = modalities::find(name);
  ASTERISM_CHECK(known, "{}", name);
  return std::string(known->unit);
}

void set_layer(modalities::MapBlock& block, int64_t row, size_t layer, const std::vector<float>& values) {
  const auto at = int64_t((size_t(row) * block.layers.size() + layer) * values.size());
  std::copy(values.begin(), values.end(), block.value.begin() + at);
  std::fill_n(block.mask.begin() + at, values.size(), uint8_t(0));
  std::fill_n(block.ivar.begin() + at, values.size(), 1.0f);  // as block.h asks of maps without a variance
}

}  // namespace

CubeRows::CubeRows(const std::vector<const CubeSurvey*>& surveys, int64_t n, bool full, modalities::Batch& batch)
    : surveys_(surveys) {
  auto& velocity = batch.blocks["rotation_velocity"] =
      modalities::make_scalars(n, known_unit("rotation_velocity"), false);
  velocity_ = &std::get<modalities::ScalarBlock>(velocity);
  if (!full) return;
  for (const CubeSurvey* survey : surveys) {
    auto& cube = batch.blocks[std::string(survey->cube)] = modalities::make_cubes(
        n, survey->planes, survey->size, survey->size, known_unit(survey->cube), survey->pixel_scale_arcsec);
    cubes_.push_back(&std::get<modalities::CubeBlock>(cube));
    std::vector<modalities::MapLayer> layers;
    for (const char* line : kMappedLines) layers.push_back({line, "1e-17 erg/s/cm^2"});
    layers.push_back({"velocity", "km/s"});
    auto& maps = batch.blocks[std::string(survey->maps)] = modalities::make_maps(
        n, std::move(layers), survey->size, survey->size, survey->pixel_scale_arcsec, false, false);
    maps_.push_back(&std::get<modalities::MapBlock>(maps));
  }
}

void CubeRows::fill(const ObjectTruth& truth, const ObjectLight& light, bool defects, bool observed,
                    int64_t row) const {
  const bool galaxy = truth.kind == ObjectClass::galaxy;
  if (galaxy) {
    velocity_->present[size_t(row)] = 1;
    velocity_->value[size_t(row)] = draw_rotation(truth).velocity_kms;
  }
  if (!observed) return;
  for (size_t s = 0; s < cubes_.size(); ++s) {
    const auto clean = noiseless_cube(truth, light, *surveys_[s]);
    observe_cube(truth, clean, *surveys_[s], defects, *cubes_[s], row);
    if (!galaxy) continue;
    maps_[s]->present[size_t(row)] = 1;
    for (size_t layer = 0; layer < clean.lines.size(); ++layer) set_layer(*maps_[s], row, layer, clean.lines[layer]);
    set_layer(*maps_[s], row, clean.lines.size(), clean.velocity);
  }
}

}  // namespace asterism::sky
