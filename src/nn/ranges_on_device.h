#pragma once
// Ranges as tensors on the device where their rows are. The last few are remembered: the layers of a network ask for
// the same ones again and again, and each copy to a GPU costs as much as a small layer. Letters: R rows, G groups, T
// rows of the longest group.

#include <ATen/ATen.h>

#include "nn/ranges.h"

namespace asterism::nn {

at::Tensor starts_on(const Ranges& ranges, const at::Device& device);      // int64 [G + 1]
at::Tensor starts_int_on(const Ranges& ranges, const at::Device& device);  // int32 [G + 1], as kernels want them
at::Tensor group_of_rows(const Ranges& ranges, const at::Device& device);  // int64 [R]

// Rows of each group filled up to the longest, and back.
struct Padding {
  at::Tensor row_GT;   // int64: which row; any where there is none
  at::Tensor mask_GT;  // bool: is there one
  at::Tensor place_R;  // int64: where each row lies in the flattened grid
};
Padding padding_on(const Ranges& ranges, const at::Device& device);

}  // namespace asterism::nn
