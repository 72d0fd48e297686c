#pragma once
// Rows with known neighbours, for the tests of this floor.

#include <vector>

#include "base/random.h"
#include "search/index.h"

namespace asterism::search {

struct Matrix {
  size_t n, d;
  std::vector<float> values;
  Matrix(size_t n, size_t d) : n(n), d(d), values(n * d) {}
  float* row(size_t i) { return values.data() + i * d; }
  Rows rows() const { return {values.data(), n, d}; }
  Rows rows(size_t begin, size_t end) const { return {values.data() + begin * d, end - begin, d}; }
};

inline Matrix normal_matrix(size_t n, size_t d, uint64_t seed) {
  Matrix matrix(n, d);
  base::Random random(seed, 0, 0, "test rows");
  for (auto& value : matrix.values) value = float(random.normal());
  return matrix;
}

}  // namespace asterism::search
