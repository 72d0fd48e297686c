#pragma once
// Arithmetic over rows of floats, in vectors of eight where the processor has AVX2: of softmax, SwiGLU and layer norm,
// in few passes each. Relative error of exp below 2e-7 where it is a normal number
// (from -87.3 on); below that it is at most 2e-38 instead of next to nothing. NaN goes in and comes out.

#include <cstdint>

namespace asterism::nn {

// x [n] -> exp(x - largest), in place. Their softmax is that over of_exp, log(sum(exp(x))) is largest + log(of_exp).
struct RowSum {
  float largest, of_exp;
};
RowSum exp_of_row(float* x, int64_t n);

// x [n] -> exp(x - shift), in place.
void exp_row(float* x, int64_t n, float shift);

// sum(a b).
float dot_row(const float* a, const float* b, int64_t n);

// gradient [n] of the probabilities -> of the scores, in place: p (gradient - mean) scale.
void softmax_backward_row(float* gradient, const float* p, int64_t n, float mean, float scale);

// (x - mean) / sqrt(variance + epsilon) gain + shift -> out; gain and shift may be null. The variance is that of all n.
void norm_row(const float* x, int64_t n, const float* gain, const float* shift, float epsilon, float* out);

// silu(a) b -> out.
void swiglu_row(const float* a, const float* b, float* out, int64_t n);

// gradient of silu(a) b -> of a and of b.
void swiglu_backward_row(const float* gradient, const float* a, const float* b, float* of_a, float* of_b, int64_t n);

}  // namespace asterism::nn
