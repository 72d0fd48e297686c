#pragma once
// The weight of a linear layer as eight-bit integers, for use without gradients on CPUs: where the processor multiplies
// bytes: with VNNI two to four times the products of float32, with tiles (AMX, byte_tiles.h) more. With neither weights
// have seven bits, so that no sum of 16 bits overflows; there AVX2 is used as in byte_panels.h, and where there is none
// either the whole numbers are multiplied as floats. Each row of the weight has a scale of its own, and so has each row
// of the input when it comes (the vector-wise scheme of Dettmers et al. 2022, LLM.int8, without its exception for
// outlying columns).

#include <ATen/ATen.h>

#include <cstdint>
#include <string>

#include "nn/byte_panels.h"
#include "nn/byte_tiles.h"

namespace asterism::nn {

// How many products of integers this process has made so far: 0 where a model has none of the layers that could.
int64_t int8_products();

// What multiplies them on this processor: "tiles", "libtorch", "panels" or "floats".
std::string int8_kernel();
// The largest integer of a weight: 127, or 63 where two products are added in 16 bits.
float int8_weight_most();

class Int8Weight {
 public:
  Int8Weight() = default;
  // Of weight [O, I] and bias [O] (may be undefined) in float32 on a CPU. A row with NaN or infinity gives NaN.
  Int8Weight(const at::Tensor& weight_OI, const at::Tensor& bias_O);
  bool defined() const { return scale_O_.defined(); }
  bool by_tiles() const { return tiles_.defined(); }  // any number of rows at a time is as fast

  // x W^T + b, then GELU (erf) where asked: [..., I] -> [..., O] in float32.
  at::Tensor operator()(const at::Tensor& x, bool gelu = false) const;
  void add_to(at::Tensor& sum_RO, const at::Tensor& x_RI) const;  // sum += y
  // The same of rows that are integers already, with their scales; y goes to `to`, whose memory of floats [R, O] is
  // contiguous.
  void of_bytes(const at::Tensor& bytes_RI, const at::Tensor& scale_R, float* to) const;
  // The weight is that of two layers, one above the other: silu(first) * second [R, O / 2] (SwiGLU).
  at::Tensor gated(const at::Tensor& x_RI) const;

 private:
  struct Rows {
    at::Tensor bytes_RI, scale_R;
  };
  Rows rows_of(const at::Tensor& x_RI) const;
  void multiply(const at::Tensor& bytes_RI, at::Tensor& sum_RO) const;  // sums of integers, over what is there
  // work(row, first output, how many, their sums) until all were there, in threads. Sums may be kept in `room`, whose
  // rows are those of the outputs; null: in memory of their own.
  template <class Work>
  void for_sums(const Rows& rows, float* room, const Work& work) const;
  void rescale(const Rows& rows, bool add, float* to) const;
  int64_t outputs() const { return scale_O_.size(0); }
  const float* bias_from(int64_t o) const { return bias_O_.defined() ? bias_O_.const_data_ptr<float>() + o : nullptr; }

  int64_t inputs_ = 0;
  at::Tensor weight_OI_, scale_O_, bias_O_;
  ByteTiles tiles_;      // instead, where the processor has tiles
  BytePanels panels_;    // where libtorch has no kernel for bytes
  at::Tensor float_IO_;  // the integers as floats, where there is none of them
};

}  // namespace asterism::nn
