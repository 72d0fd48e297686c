#include "modalities/vector.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "modalities/rows.h"

namespace asterism::modalities {

void check(const std::string& name, const VectorBlock& block) {
  if (block.n < 0 || block.width < 1) base::data_error("{}: {} vectors of width {}", name, block.n, block.width);
  if (block.vocabulary < 0 || block.vocabulary > kMostTokens)
    base::data_error("{}: a vocabulary of {}; allowed are 0 (real numbers) to {}", name, block.vocabulary, kMostTokens);
  check_size(name, "present", block.present.size(), block.n, 1);
  check_size(name, "value", block.value.size(), block.n, block.width);
  check_present(name, block.present);
  const auto allowed = [&](float x) {
    return block.vocabulary == 0 ? std::isfinite(x) : x >= 0 && x < float(block.vocabulary) && x == std::floor(x);
  };
  for (int64_t row = 0; row < block.n; ++row) {
    for (int64_t i = 0; i < block.width; ++i) {
      const float value = block.value[size_t(row * block.width + i)];
      if (!allowed(value))
        base::data_error(
            "{}, row {}, element {}: {}; allowed are {}", name, row, i, value,
            block.vocabulary == 0 ? "finite numbers" : fmt::format("integers from 0 to {}", block.vocabulary - 1));
      if (!block.present[size_t(row)] && value != 0)
        base::data_error("{}, row {}, element {}: {} in an absent vector; it must be 0", name, row, i, value);
    }
  }
}

VectorBlock make_vectors(int64_t n, int64_t width, int64_t vocabulary) {
  ASTERISM_CHECK(n >= 0 && width >= 1, "{} vectors of width {}", n, width);
  VectorBlock block;
  block.n = n;
  block.width = width;
  block.vocabulary = vocabulary;
  block.present.assign(size_t(n), 0);
  block.value.assign(size_t(n * width), 0);
  return block;
}

VectorBlock absent_like(const VectorBlock& block, int64_t n) { return make_vectors(n, block.width, block.vocabulary); }

VectorBlock select(const VectorBlock& block, const std::vector<int64_t>& rows) {
  VectorBlock out;
  out.n = int64_t(rows.size());
  out.width = block.width;
  out.vocabulary = block.vocabulary;
  take_rows(block.present, rows, block.n, 1, out.present);
  take_rows(block.value, rows, block.n, block.width, out.value);
  return out;
}

VectorBlock concatenate(const std::vector<const VectorBlock*>& blocks) {
  ASTERISM_CHECK(!blocks.empty());
  VectorBlock out = absent_like(*blocks.front(), 0);
  for (const VectorBlock* block : blocks) {
    if (block->width != out.width || block->vocabulary != out.vocabulary)
      base::data_error("vectors of width {} (vocabulary {}) cannot be joined to vectors of width {} (vocabulary {})",
                       block->width, block->vocabulary, out.width, out.vocabulary);
    out.n += block->n;
    append_rows(block->present, out.present);
    append_rows(block->value, out.value);
  }
  return out;
}

}  // namespace asterism::modalities
