#pragma once
// Many numbers sought in small sorted tables at once: many searches go down side by side without a branch, so that
// none waits for the others' loads.

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace asterism::tokenizers::aion {

// C tables of K values each, ascending, whose last one is not sought: the code of x is the number of entries below x,
// 0 .. K-1. NaN: K-1, as torch's bucketize has it.
class TableSearch {
 public:
  explicit TableSearch(const at::Tensor& tables_CK);  // float32

  // Codes of f(x) from x alone: each entry e gives way to the largest x with f(x) <= e, found by halving the floats.
  // f: float32 tensor -> float32 tensor, entry by entry, never falling.
  TableSearch(const at::Tensor& tables_CK, const std::function<at::Tensor(const at::Tensor&)>& f);

  // x float32 [n, C] -> int64 [n, C]; column c is sought in table c.
  at::Tensor operator()(const at::Tensor& x_nC) const;

  // A column of doubles, each rounded to float32, in the first table; in one pass. kept[i]: given, and finite where
  // `finite` is asked for; the code of what is not kept is 0.
  void column(const double* x, const uint8_t* given, bool finite, int64_t n, int64_t* code, bool* kept) const;

 private:
  void fill(const std::vector<int32_t>& keys);  // [C, K - 1]
  int64_t count_, values_, padded_ = 2;
  std::vector<int32_t> tables_;  // [C, padded_]: integers in the order of K - 1 values, then the largest
};

}  // namespace asterism::tokenizers::aion
