#include "eval/asked_labels.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "data/split.h"

namespace asterism::eval {
namespace {

bool is_observable(const std::string& name) {
  return name.starts_with("flux_") || name.starts_with("mag_") || name.ends_with("_magnitude");
}

}  // namespace

std::vector<std::string> asked_labels(const modalities::Batch& batch, const std::vector<std::string>& wanted) {
  std::vector<std::string> scalars, out;
  for (const auto& [name, block] : batch.blocks)
    if (std::holds_alternative<modalities::ScalarBlock>(block) && name != data::kSplitColumn) scalars.push_back(name);
  for (const auto& name : wanted)
    if (std::find(scalars.begin(), scalars.end(), name) == scalars.end())
      base::user_error("the data have no scalar '{}'; the nearest is '{}'", name, base::nearest(name, scalars));
  if (!wanted.empty()) return wanted;
  for (const auto& name : scalars)
    if (!is_observable(name)) out.push_back(name);
  return out;
}

void check_classes(const std::vector<std::string>& classes, const std::vector<std::string>& labels) {
  for (const auto& name : classes)
    if (std::find(labels.begin(), labels.end(), name) == labels.end())
      base::user_error("--class: '{}' is no label here; the nearest is '{}'", name, base::nearest(name, labels));
}

bool is_whole(const Label& label) {
  for (size_t i = 0; i < label.value.size(); ++i)
    if (label.present[i] != 0 && label.value[i] != std::round(label.value[i])) return false;
  return true;
}

bool is_flag(const std::string& name) {
  return name == "zwarning" || name.starts_with("flag") || name.ends_with("_flag") || name.ends_with("_ok") ||
         name.ends_with("_confidence");
}

bool is_constant(const Label& label) {
  std::optional<double> first;
  for (size_t i = 0; i < label.value.size(); ++i) {
    if (label.present[i] == 0) continue;
    if (first && *first != label.value[i]) return false;
    first = label.value[i];
  }
  return true;
}

}  // namespace asterism::eval
