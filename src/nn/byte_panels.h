#pragma once
// Products of eight-bit integers on processors that have AVX2 but no instruction for them (VNNI): some twice as fast
// as those of floats. Four products of bytes become two sums of 16 bits (vpmaddubsw) and one of 32 (vpmaddwd), so a
// weight must not pass 63: then no sum of 16 bits overflows, and every result is exact. Six rows meet sixteen outputs
// at a time, their sums held in registers; blocks as in Goto & van de Geijn (2008).

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>

namespace asterism::nn {

class BytePanels {
 public:
  static constexpr int kMost = 63;  // the largest magnitude of a weight
  static bool available();          // on this processor

  BytePanels() = default;
  // Of a weight [O, I] in kChar, kept in the order in which it is read.
  explicit BytePanels(const at::Tensor& bytes_OI);
  bool defined() const { return panels_ != nullptr; }

  // x W^T: x [R, I] in kChar, its rows contiguous, magnitudes to 127 -> sum [R, O] in kInt, contiguous, written over.
  void multiply(const at::Tensor& bytes_RI, at::Tensor& sum_RO) const;

 private:
  int64_t outputs_ = 0, inputs_ = 0;
  std::shared_ptr<const int8_t> panels_;  // copies share it
  std::shared_ptr<const int32_t> start_;  // of every sum: what rows without a sign add too much, taken off
};

}  // namespace asterism::nn
