#include "train/named_scalar.h"

#include <algorithm>
#include <vector>

#include "base/error.h"

namespace asterism::train {

const modalities::ScalarBlock& named_scalar(const modalities::Batch& batch, const std::string& name,
                                            const std::string& setting) {
  std::vector<std::string> names;
  for (const auto& [other, block] : batch.blocks)
    if (std::holds_alternative<modalities::ScalarBlock>(block)) names.push_back(other);
  if (std::find(names.begin(), names.end(), name) == names.end())
    base::user_error("{}: the data have no scalar '{}'; the nearest is '{}'", setting, name,
                     base::nearest(name, names));
  return std::get<modalities::ScalarBlock>(batch.blocks.at(name));
}

}  // namespace asterism::train
