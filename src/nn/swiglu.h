#pragma once
// The gate of SwiGLU (Shazeer 2020) in one pass over memory, forward and backward.

#include <ATen/ATen.h>

namespace asterism::nn {

// x [R, 2 H], two halves a and b side by side -> silu(a) b [R, H]. On a CPU in float32 by a kernel of its own.
at::Tensor swiglu(const at::Tensor& x_R2H);

}  // namespace asterism::nn
