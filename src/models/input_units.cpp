#include "models/input_units.h"

#include <algorithm>

#include "base/error.h"

namespace asterism::models {
namespace {

// Nothing for blocks that have no unit.
const std::string* unit_of(const modalities::Block& block) {
  return std::visit(
      [](const auto& b) -> const std::string* {
        if constexpr (requires { b.unit; })
          return &b.unit;
        else
          return nullptr;
      },
      block);
}

}  // namespace

void learn_units(std::map<std::string, ModalitySettings>& modalities, const modalities::Batch& sample) {
  check_units(modalities, sample);
  for (auto& [name, modality] : modalities) {
    const auto found = sample.blocks.find(name);
    const auto* unit = found == sample.blocks.end() ? nullptr : unit_of(found->second);
    if (unit != nullptr) modality.unit = *unit;
  }
}

void check_units(const std::map<std::string, ModalitySettings>& modalities, const modalities::Batch& batch) {
  for (const auto& [name, modality] : modalities) {
    if (modality.unit == kUnknownUnit) continue;
    const auto found = batch.blocks.find(name);
    const auto* unit = found == batch.blocks.end() ? nullptr : unit_of(found->second);
    if (unit != nullptr) check_unit(name, *unit, {modality.unit});
  }
}

void check_unit(const std::string& modality, const std::string& unit, const std::vector<std::string>& known) {
  if (known.empty() || std::find(known.begin(), known.end(), unit) != known.end()) return;
  base::user_error(
      "'{}' is in '{}' and the model was trained on {}: convert the data, or import them again with their unit said "
      "right",
      modality, unit, base::quoted_list(known));
}

std::vector<std::string> units_in(const modalities::Batch& sample, const std::vector<std::string>& modalities) {
  std::vector<std::string> out;
  for (const auto& name : modalities) {
    const auto found = sample.blocks.find(name);
    const auto* unit = found == sample.blocks.end() ? nullptr : unit_of(found->second);
    if (unit != nullptr && !unit->empty() && std::find(out.begin(), out.end(), *unit) == out.end())
      out.push_back(*unit);
  }
  return out;
}

}  // namespace asterism::models
