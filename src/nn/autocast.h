#pragma once
// Compute in bf16 or int8 while weights stay fp32, for as long as the guard lives.

#include <ATen/ATen.h>

#include "nn/bytes_here.h"
#include "nn/precision.h"

namespace asterism::nn {

// Products and convolutions under it run in bf16, norms, softmax and losses in fp32. Under int8 (CPUs) the products of
// blocks do (product.h, packed_weight.h) where no gradient is recorded, attention in bf16 where the processor has tiles
// (ragged_attention.h), and everything else is fp32. Precision::fp32 switches an outer guard off: quantisers,
// positions.
class Autocast {
 public:
  explicit Autocast(Precision precision, at::DeviceType device = at::kCPU);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  at::DeviceType device_;
  bool was_on_;
  at::ScalarType was_type_;
  BytesHere bytes_;
};

// What the guards of this thread ask of a CPU.
Precision precision_on_cpu();

// What products run in on a device: bfloat16 under a guard of it, else float32.
at::ScalarType type_on(const at::Device& device);

// Weights are cast once under a guard and kept until it ends. Call this between a pass under NoGradGuard and one with
// gradients under the same guard: what the first one kept has no gradient.
void forget_casts();

}  // namespace asterism::nn
