#pragma once
// The products inside the blocks of transformers and of image codecs, where most of the arithmetic is: in the numbers
// that a guard (autocast.h) asks for.

#include <ATen/ATen.h>

#include "nn/conv.h"
#include "nn/linear.h"

namespace asterism::nn {

// layer(x), [..., in] -> [..., out]. Under Autocast(Precision::int8), without gradients and on a CPU, of eight-bit
// integers (int8_weight.h), whose weight is made at the first call and again after the layer's was changed.
at::Tensor product(const Linear& layer, const at::Tensor& x);

// layer(x), [B, in, H, W] -> [B, out, H', W'], then ELU where asked; of integers (int8_conv.h) where product() is.
at::Tensor convolution(const Conv2d& layer, const at::Tensor& x, bool elu = false);

// True where product() multiplies integers.
bool multiplies_int8(const at::Tensor& x);

}  // namespace asterism::nn
