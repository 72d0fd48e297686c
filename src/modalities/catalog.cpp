#include "modalities/catalog.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "modalities/rows.h"

namespace asterism::modalities {

void check(const std::string& name, const CatalogBlock& block) {
  const int64_t width = int64_t(block.columns.size()), size = width * block.length;
  if (block.n < 0 || block.length < 0)
    base::data_error("{}: {} lists of {} sources; sizes cannot be negative", name, block.n, block.length);
  check_size(name, "present", block.present.size(), block.n, 1);
  check_size(name, "count", block.count.size(), block.n, 1);
  check_size(name, "value", block.value.size(), block.n, size);
  check_size(name, "mask", block.mask.size(), block.n, size);
  check_present(name, block.present);
  for (size_t c = 0; c < block.columns.size(); ++c) {
    for (size_t other = 0; other < c; ++other) {
      if (block.columns[c].name == block.columns[other].name)
        base::data_error("{}: two columns are called '{}'", name, block.columns[c].name);
    }
  }
  for (int64_t row = 0; row < block.n; ++row) {
    const int32_t count = block.count[size_t(row)];
    if (count < 0 || count > block.length || (count > 0 && block.present[size_t(row)] == 0))
      base::data_error("{}, row {}: {} sources of at most {}, present {}; an absent list has none", name, row, count,
                       block.length, block.present[size_t(row)]);
    for (int64_t i = 0; i < size; ++i) {
      const float value = block.value[size_t(row * size + i)];
      const uint8_t mask = block.mask[size_t(row * size + i)];
      const bool padding = i % block.length >= count;
      if (!std::isfinite(value) || mask > 1 || (mask == 1 && value != 0) || (padding && mask != 1))
        base::data_error(
            "{}, row {}, source {}, column {}: value {}, mask {}; values must be finite, the mask 0 or 1, and 1 in the "
            "padding, a masked value 0",
            name, row, i % block.length, block.columns[size_t(i / block.length)].name, value, mask);
    }
  }
}

CatalogBlock make_catalogs(int64_t n, int64_t length, std::vector<CatalogColumn> columns) {
  CatalogBlock block;
  block.n = n;
  block.length = length;
  block.columns = std::move(columns);
  const size_t size = size_t(n) * size_t(length) * block.columns.size();
  block.present.assign(size_t(n), 0);
  block.count.assign(size_t(n), 0);
  block.value.assign(size, 0);
  block.mask.assign(size, 1);
  return block;
}

CatalogBlock absent_like(const CatalogBlock& block, int64_t n) { return make_catalogs(n, block.length, block.columns); }

CatalogBlock select(const CatalogBlock& block, const std::vector<int64_t>& rows) {
  CatalogBlock out;
  out.n = int64_t(rows.size());
  out.length = block.length;
  out.columns = block.columns;
  const int64_t size = int64_t(block.columns.size()) * block.length;
  take_rows(block.present, rows, block.n, 1, out.present);
  take_rows(block.count, rows, block.n, 1, out.count);
  take_rows(block.value, rows, block.n, size, out.value);
  take_rows(block.mask, rows, block.n, size, out.mask);
  return out;
}

CatalogBlock concatenate(const std::vector<const CatalogBlock*>& blocks) {
  ASTERISM_CHECK(!blocks.empty());
  CatalogBlock out;
  out.columns = blocks.front()->columns;
  for (const CatalogBlock* block : blocks) {
    if (block->columns != out.columns)
      base::data_error("lists of {} columns beginning with '{}' cannot be joined to lists of {} beginning with '{}'",
                       block->columns.size(), block->columns.empty() ? "" : block->columns[0].name, out.columns.size(),
                       out.columns.empty() ? "" : out.columns[0].name);
    out.length = std::max(out.length, block->length);
  }
  for (const CatalogBlock* block : blocks) {
    const int64_t lists = block->n * int64_t(out.columns.size());
    out.n += block->n;
    append_rows(block->present, out.present);
    append_rows(block->count, out.count);
    append_padded(block->value, lists, block->length, out.length, 0.0f, out.value);
    append_padded(block->mask, lists, block->length, out.length, uint8_t(1), out.mask);
  }
  return out;
}

}  // namespace asterism::modalities
