#include "train/filtered_source.h"

#include <algorithm>

#include "base/error.h"

namespace asterism::train {
namespace {

// A source without end that holds nobody who qualifies would be searched for ever.
constexpr int64_t kMostEmpty = 10000;

const modalities::ScalarBlock& scalar_of(const modalities::Batch& batch, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& [other, block] : batch.blocks)
    if (std::holds_alternative<modalities::ScalarBlock>(block)) names.push_back(other);
  if (std::find(names.begin(), names.end(), name) == names.end())
    base::user_error("data.require: the data have no scalar '{}'; the nearest is '{}'", name,
                     base::nearest(name, names));
  return std::get<modalities::ScalarBlock>(batch.blocks.at(name));
}

}  // namespace

std::vector<uint8_t> qualified(const modalities::Batch& batch, const std::map<std::string, double>& require) {
  std::vector<uint8_t> good(size_t(batch.size()), 1);
  for (const auto& [name, value] : require) {
    const auto& scalar = scalar_of(batch, name);
    for (size_t i = 0; i < good.size(); ++i)
      if (scalar.present[i] == 0 || scalar.value[i] != value) good[i] = 0;
  }
  return good;
}

std::optional<modalities::Batch> FilteredSource::next() {
  for (int64_t empty = 0; empty < kMostEmpty; ++empty) {
    auto batch = from().next();
    if (!batch) return std::nullopt;
    const auto good = qualified(*batch, require_);
    std::vector<int64_t> rows;
    for (size_t i = 0; i < good.size(); ++i)
      if (good[i] != 0) rows.push_back(int64_t(i));
    if (rows.empty()) continue;
    for (const auto& entry : require_)
      if (!modalities_.empty() && std::find(modalities_.begin(), modalities_.end(), entry.first) == modalities_.end())
        batch->blocks.erase(entry.first);
    return rows.size() == good.size() ? std::move(batch) : modalities::select(*batch, rows);
  }
  base::user_error("data.require: {} batches in a row held no object that qualifies", kMostEmpty);
}

}  // namespace asterism::train
