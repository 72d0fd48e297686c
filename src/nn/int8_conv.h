#pragma once
// A two-dimensional convolution of eight-bit integers, for use without gradients on CPUs (int8_weight.h): the window of
// every output pixel becomes a row of bytes with one scale, that of its largest number, and the rows meet the weight in
// one product. Scales by window keep faint pixels beside bright ones apart better than one for the whole image does: of
// the tokens of a small trained image codec 94.6% stayed as they were in float32 with a scale a pixel, 90.1% with one
// an image.

#include <ATen/ATen.h>

#include "nn/conv.h"
#include "nn/int8_weight.h"

namespace asterism::nn {

class Int8Conv {
 public:
  Int8Conv() = default;
  explicit Int8Conv(const Conv2d& layer);  // without groups
  // True of convolutions that are worth it: few channels are faster in float32.
  static bool suits(const Conv2d& layer);
  bool defined() const { return weight_.defined(); }

  // [B, in, H, W] -> [B, out, H', W'] in float32, channels-last; then ELU where asked. A window that holds a NaN or an
  // infinity gives NaN.
  at::Tensor operator()(const at::Tensor& x_BCHW, bool elu = false) const;

 private:
  Int8Weight weight_;  // [out, kernel^2 in]: by row of the window, then column, then channel
  int64_t out_ = 0;
  ConvSettings settings_;
};

}  // namespace asterism::nn
