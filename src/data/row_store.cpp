#include "data/row_store.h"

#include <algorithm>

#include "base/log.h"
#include "data/cache.h"
#include "data/split.h"

namespace asterism::data {
namespace {

using modalities::Batch;

class MemoryStore : public RowStore {
 public:
  MemoryStore(Batch batch, std::vector<uint8_t> splits) : batch_(std::move(batch)), splits_(std::move(splits)) {}
  int64_t num_rows() const override { return batch_.size(); }
  const std::vector<uint8_t>& splits() const override { return splits_; }
  Batch gather(const std::vector<int64_t>& rows) const override { return modalities::select(batch_, rows); }

 private:
  Batch batch_;
  std::vector<uint8_t> splits_;
};

int64_t bytes_of(const modalities::Block& block) {
  if (const auto* image = std::get_if<modalities::ImageBlock>(&block)) return int64_t(image->flux.size()) * 9;
  if (const auto* spectrum = std::get_if<modalities::SpectrumBlock>(&block)) return int64_t(spectrum->flux.size()) * 17;
  if (const auto* map = std::get_if<modalities::MapBlock>(&block)) return int64_t(map->value.size()) * 9;
  if (const auto* cube = std::get_if<modalities::CubeBlock>(&block)) return int64_t(cube->flux.size()) * 9;
  if (const auto* vector = std::get_if<modalities::VectorBlock>(&block)) return int64_t(vector->value.size()) * 4;
  if (const auto* curve = std::get_if<modalities::LightCurveBlock>(&block)) return int64_t(curve->value.size()) * 22;
  if (const auto* list = std::get_if<modalities::CatalogBlock>(&block)) return int64_t(list->value.size()) * 5;
  return modalities::rows(block) * 17;
}

std::vector<std::string> to_read(const HatsReader& dataset, std::vector<std::string> names) {
  if (names.empty()) return names;
  if (dataset.layout().find(kSplitColumn) != nullptr &&
      std::find(names.begin(), names.end(), kSplitColumn) == names.end())
    names.push_back(kSplitColumn);
  return names;
}

}  // namespace

std::unique_ptr<RowStore> load_into_memory(const HatsReader& dataset, const std::vector<std::string>& modalities) {
  std::vector<Batch> parts;
  dataset.for_each(to_read(dataset, modalities), int64_t{1} << 20, [&](Batch&& batch, int64_t) {
    parts.push_back(std::move(batch));
    return true;
  });
  Batch all = parts.size() == 1 ? std::move(parts.front()) : modalities::concatenate(parts);
  parts.clear();
  auto splits = split_numbers(all);
  if (std::find(modalities.begin(), modalities.end(), kSplitColumn) == modalities.end()) all.blocks.erase(kSplitColumn);
  return std::make_unique<MemoryStore>(std::move(all), std::move(splits));
}

int64_t decoded_bytes(const HatsReader& dataset, const std::vector<std::string>& modalities) {
  int64_t bytes = 0;
  dataset.for_each(modalities, 64, [&](Batch&& batch, int64_t) {
    for (const auto& [name, block] : batch.blocks) bytes += bytes_of(block);
    bytes = (bytes + batch.size() * 100) * dataset.num_rows() / batch.size();
    return false;
  });
  return bytes;
}

std::unique_ptr<RowStore> open_store(const std::filesystem::path& path, const std::vector<std::string>& modalities,
                                     const StoreOptions& options) {
  const HatsReader dataset = HatsReader::open(path);
  const auto& known = dataset.layout().modalities;
  const bool scalars = std::all_of(known.begin(), known.end(), [&](const ModalityColumn& c) {
    return c.kind == "scalar" ||
           (!modalities.empty() && std::find(modalities.begin(), modalities.end(), c.modality) == modalities.end());
  });
  if (scalars || decoded_bytes(dataset, modalities) <= options.memory_bytes)
    return load_into_memory(dataset, modalities);
  const auto folder = options.cache.empty() ? default_cache(dataset) : options.cache;
  if (!cache_serves(folder, dataset, modalities)) {
    base::log_info("making the training cache of {} in {}, once", path.string(), folder.string());
    make_cache(dataset, modalities, folder);
  }
  return open_cache(folder, modalities);
}

}  // namespace asterism::data
