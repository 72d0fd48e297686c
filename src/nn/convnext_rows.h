#pragma once
// A one-dimensional ConvNeXt block (convnext.h) in float32 without gradients, rows of channels, in two passes over the
// rows: convolution, norm, first layer and GELU; and, once the lengths of the hidden columns are known, the second
// layer with their response folded into its weights, and the sum.

#include <ATen/ATen.h>

#include <cstdint>

#include "nn/convnext_math.h"
#include "nn/panel_product.h"

namespace asterism::nn {

struct ConvNextWeights {
  DepthwiseNorm front;
  PanelLayer in, out;
  const float *gamma, *beta;  // of the response
};

// x [B, L, C] -> [B, L, C]. The same to the bit for any number of threads, and for an object in any batch.
at::Tensor convnext_rows(const ConvNextWeights& w, const at::Tensor& x_BLC);

}  // namespace asterism::nn
