#include "train/prepare.h"

#include "base/error.h"
#include "base/log.h"

namespace asterism::train {
namespace {

constexpr size_t kPrepareBytes = size_t{2} << 30;

size_t bytes_of(const modalities::Batch& batch) {
  size_t bytes = 0;
  for (const auto& entry : batch.blocks) {
    if (const auto* image = std::get_if<modalities::ImageBlock>(&entry.second)) bytes += image->flux.size() * 9;
    if (const auto* spectrum = std::get_if<modalities::SpectrumBlock>(&entry.second))
      bytes += spectrum->flux.size() * 17;
    if (const auto* curve = std::get_if<modalities::LightCurveBlock>(&entry.second)) bytes += curve->value.size() * 22;
    if (const auto* vector = std::get_if<modalities::VectorBlock>(&entry.second)) bytes += vector->value.size() * 4;
    if (const auto* cube = std::get_if<modalities::CubeBlock>(&entry.second)) bytes += cube->flux.size() * 9;
    if (const auto* map = std::get_if<modalities::MapBlock>(&entry.second)) bytes += map->value.size() * 9;
    if (const auto* list = std::get_if<modalities::CatalogBlock>(&entry.second)) bytes += list->value.size() * 5;
  }
  return bytes + size_t(batch.size()) * batch.blocks.size() * 17;
}

}  // namespace

data::ValueRanges prepare(Objective& objective, data::BatchSource& source, int64_t objects) {
  std::vector<modalities::Batch> batches;
  int64_t count = 0;
  size_t bytes = 0;
  source.seek({0, 0});
  for (int64_t b = 0; b < source.batches_per_epoch() && count < objects && bytes < kPrepareBytes; ++b) {
    auto batch = source.next();
    if (!batch) break;
    count += batch->size();
    bytes += bytes_of(*batch);
    batches.push_back(std::move(*batch));
  }
  if (count < objects && bytes >= kPrepareBytes)
    base::log_warning("train.prepare_objects = {}: {} fill {} GiB; the objective prepares with these.", objects, count,
                      kPrepareBytes >> 30);
  if (batches.empty()) base::user_error("the training side has no objects; look at data.datasets and data.split");
  const auto sample = modalities::concatenate(batches);
  objective.prepare(sample);
  source.seek({0, 0});
  return data::ranges_of(sample);
}

}  // namespace asterism::train
