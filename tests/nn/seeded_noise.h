#pragma once
// Numbers that are the same in every run.

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

namespace asterism::tests {

// Standard normal, float32.
inline at::Tensor seeded_noise(at::IntArrayRef shape, uint64_t seed) {
  return at::randn(shape, at::detail::createCPUGenerator(seed), at::kFloat);
}

}  // namespace asterism::tests
