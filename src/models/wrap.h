#pragma once
// Tensors over the buffers of blocks, without a copy: the block must outlive them.

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "base/aligned.h"

namespace asterism::models {

inline at::Tensor wrap(const base::AlignedVector<float>& values, at::IntArrayRef shape) {
  return at::from_blob(const_cast<float*>(values.data()), shape, at::kFloat);
}
inline at::Tensor wrap(const base::AlignedVector<double>& values, at::IntArrayRef shape) {
  return at::from_blob(const_cast<double*>(values.data()), shape, at::kDouble);
}
inline at::Tensor wrap(const base::AlignedVector<uint8_t>& values, at::IntArrayRef shape) {
  return at::from_blob(const_cast<uint8_t*>(values.data()), shape, at::kByte);
}

// A copy of plain integers as a tensor.
inline at::Tensor copied(const std::vector<int64_t>& values) {
  return at::from_blob(const_cast<int64_t*>(values.data()), {int64_t(values.size())}, at::kLong).clone();
}

}  // namespace asterism::models
