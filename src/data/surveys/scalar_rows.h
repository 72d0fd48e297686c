#pragma once
// Scalars of many objects, filled in row by row.

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "modalities/block.h"
#include "modalities/scalar.h"

namespace asterism::data {

// n absent values under this name.
inline void add_scalar_rows(modalities::Batch& batch, int64_t n, const std::string& name, const std::string& unit = "",
                            bool has_error = false) {
  batch.blocks.emplace(name, modalities::make_scalars(n, unit, has_error));
}

// Nothing happens for a value that is missing or not finite. A negative or unknown error is 0.
inline void set_scalar(modalities::Batch& batch, const std::string& name, int64_t row, std::optional<double> value,
                       double error = 0) {
  if (!value || !std::isfinite(*value)) return;
  auto& block = std::get<modalities::ScalarBlock>(batch.blocks.at(name));
  block.present[size_t(row)] = 1;
  block.value[size_t(row)] = *value;
  if (block.has_error && std::isfinite(error) && error > 0) block.error[size_t(row)] = error;
}

}  // namespace asterism::data
