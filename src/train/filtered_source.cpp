#include "train/filtered_source.h"

#include <algorithm>

#include "base/error.h"
#include "train/named_scalar.h"

namespace asterism::train {
namespace {

// A source without end that holds nobody who qualifies would be searched for ever.
constexpr int64_t kMostEmpty = 10000;

}  // namespace

std::vector<uint8_t> qualified(const modalities::Batch& batch, const std::map<std::string, double>& require) {
  std::vector<uint8_t> good(size_t(batch.size()), 1);
  for (const auto& [name, value] : require) {
    const auto& scalar = named_scalar(batch, name, "data.require");
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
