#pragma once
// The kernels of gpu_source.h and those that follow it, by name, and how layers call them.

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "nn/gpu_module.h"

namespace asterism::nn {

// What is common to all, and the kernel: text for the compiler.
std::string gpu_source_of(const std::string& name);

// None where it is not to be had: gpu_module.h.
GpuKernel gpu_kernel(const char* name, const at::Device& device, const std::vector<std::string>& definitions = {});

// How a kernel's text calls a number of this type, float32 or bfloat16.
std::string gpu_name(at::ScalarType type);

// Of a tensor's numbers; null: it is undefined.
void* gpu_address(const at::Tensor& x);

// Arguments by value: tensors' addresses and numbers, of the sizes that the kernel's text has (its long
// long is an int64_t).
template <class... T>
void launch(const GpuKernel& kernel, const GpuGrid& blocks, int64_t threads, T... values) {
  kernel.launch(blocks, threads, {static_cast<void*>(&values)...});
}

}  // namespace asterism::nn
