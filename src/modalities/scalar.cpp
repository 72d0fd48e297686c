#include "modalities/scalar.h"

#include <cmath>

#include "base/error.h"
#include "modalities/rows.h"

namespace asterism::modalities {

void check(const std::string& name, const ScalarBlock& block) {
  if (block.n < 0) base::data_error("{}: {} values; a size cannot be negative", name, block.n);
  check_size(name, "present", block.present.size(), block.n, 1);
  check_size(name, "value", block.value.size(), block.n, 1);
  check_size(name, "error", block.error.size(), block.n, 1);
  check_present(name, block.present);
  for (int64_t row = 0; row < block.n; ++row) {
    const double value = block.value[row], error = block.error[row];
    if (!std::isfinite(value) || !std::isfinite(error) || error < 0 || (!block.has_error && error != 0))
      base::data_error("{}, row {}: value {}, error {}; both must be finite, the error >= 0, and 0 where there is none",
                       name, row, value, error);
    if (!block.present[row] && (value != 0 || error != 0))
      base::data_error("{}, row {}: value {}, error {} of an absent scalar; both must be 0", name, row, value, error);
  }
}

ScalarBlock make_scalars(int64_t n, std::string unit, bool has_error) {
  ScalarBlock block;
  block.n = n;
  block.unit = std::move(unit);
  block.has_error = has_error;
  block.present.assign(size_t(n), 0);
  block.value.assign(size_t(n), 0);
  block.error.assign(size_t(n), 0);
  return block;
}

ScalarBlock absent_like(const ScalarBlock& block, int64_t n) { return make_scalars(n, block.unit, block.has_error); }

ScalarBlock select(const ScalarBlock& block, const std::vector<int64_t>& rows) {
  ScalarBlock out;
  out.n = int64_t(rows.size());
  out.unit = block.unit;
  out.has_error = block.has_error;
  take_rows(block.present, rows, block.n, 1, out.present);
  take_rows(block.value, rows, block.n, 1, out.value);
  take_rows(block.error, rows, block.n, 1, out.error);
  return out;
}

ScalarBlock concatenate(const std::vector<const ScalarBlock*>& blocks) {
  ASTERISM_CHECK(!blocks.empty());
  ScalarBlock out = absent_like(*blocks.front(), 0);
  for (const ScalarBlock* block : blocks) {
    if (block->unit != out.unit)
      base::data_error("values in '{}' cannot be joined to values in '{}'", block->unit, out.unit);
    out.n += block->n;
    out.has_error = out.has_error || block->has_error;
    append_rows(block->present, out.present);
    append_rows(block->value, out.value);
    append_rows(block->error, out.error);
  }
  return out;
}

}  // namespace asterism::modalities
