#pragma once
// The weight of a linear layer as eight-bit integers, for use without gradients on CPUs: where the processor multiplies
// bytes (VNNI), two to four times the products of float32. Without VNNI weights have seven bits, so that no sum of 16
// bits overflows; there AVX2 is used as in byte_panels.h, and where there is none either the whole numbers are
// multiplied as floats. Each row of the weight has a scale of its own, and so has each row of the input when it comes
// (the vector-wise scheme of Dettmers et al. 2022, LLM.int8, without its exception for outlying columns).

#include <ATen/ATen.h>

#include <cstdint>
#include <string>

#include "nn/byte_panels.h"

namespace asterism::nn {

// How many products of integers this process has made so far: 0 where a model has none of the layers that could.
int64_t int8_products();

// What multiplies them on this processor: "libtorch", "panels" or "floats".
std::string int8_kernel();
// The largest integer of a weight: 127, or 63 where two products are added in 16 bits.
float int8_weight_most();

class Int8Weight {
 public:
  Int8Weight() = default;
  // Of weight [O, I] and bias [O] (may be undefined) in float32 on a CPU. A row with NaN or infinity gives NaN.
  Int8Weight(const at::Tensor& weight_OI, const at::Tensor& bias_O);
  bool defined() const { return scale_O_.defined(); }

  // x W^T + b, then GELU (erf) where asked: [..., I] -> [..., O] in float32.
  at::Tensor operator()(const at::Tensor& x, bool gelu = false) const;
  void add_to(at::Tensor& sum_RO, const at::Tensor& x_RI) const;  // sum += y
  // The same of rows that are integers already, with their scales; y goes to `to`, whose memory of floats [R, O] is
  // contiguous.
  void of_bytes(const at::Tensor& bytes_RI, const at::Tensor& scale_R, float* to) const;
  // The weight is that of two layers, one above the other: silu(first) * second [R, O / 2] (SwiGLU).
  at::Tensor gated(const at::Tensor& x_RI) const;

 private:
  struct Product {
    at::Tensor sum_RO, scale_R;  // integers, and the scales of the rows
  };
  Product product(const at::Tensor& x_RI) const;
  void multiply(const at::Tensor& bytes_RI, at::Tensor& sum_RO) const;  // sums of integers, over what is there
  // work(r, the integers of row r, its scale) for every row, in threads.
  template <class Work>
  static void for_rows(const Product& made, const Work& work);
  void rescale(const Product& made, bool add, float* to) const;
  int64_t outputs() const { return scale_O_.size(0); }
  const float* bias() const { return bias_O_.defined() ? bias_O_.const_data_ptr<float>() : nullptr; }

  int64_t inputs_ = 0;
  at::Tensor weight_OI_, scale_O_, bias_O_;
  BytePanels panels_;    // instead, where libtorch has no kernel for bytes
  at::Tensor float_IO_;  // the integers as floats, where there is neither
};

}  // namespace asterism::nn
