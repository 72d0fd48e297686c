#pragma once
// What tests of kernels share: numbers, comparisons, and a GPU where there is one.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "nn/device.h"
#include "nn/norm.h"
#include "nn/parameters.h"

namespace asterism::nn {

inline unsigned int* words_in(const at::Tensor& x) { return static_cast<unsigned int*>(x.data_ptr()); }
inline unsigned short* shorts_in(const at::Tensor& x) { return static_cast<unsigned short*>(x.data_ptr()); }
inline float* floats_in(const at::Tensor& x) { return x.data_ptr<float>(); }

inline at::Tensor some(at::IntArrayRef shape, int64_t seed) {
  return at::randn(shape, at::detail::createCPUGenerator(uint64_t(seed)), at::kFloat);
}

inline at::Tensor narrowed(const at::Tensor& x) { return x.to(at::kBFloat16); }

inline void expect_like(const at::Tensor& made, const at::Tensor& wanted, double tolerance,
                        const std::string& what = "") {
  const auto here = made.detach().to(at::kCPU, at::kFloat), there = wanted.detach().to(at::kCPU, at::kFloat);
  ASSERT_EQ(here.sizes(), there.sizes()) << what;
  const double scale = std::max(1e-3, there.abs().max().item<double>());
  EXPECT_LT((here - there).abs().max().item<double>(), tolerance * scale) << what;
}

// Where there is a GPU: values and gradients beside those of operators on the CPU in float32.
class OnGpu : public testing::Test {
 protected:
  void SetUp() override {
    if (gpus() == 0) GTEST_SKIP() << "no GPU";
    device_ = choose_device("cuda");
  }
  at::Tensor there(const at::Tensor& x) const { return x.detach().to(device_).set_requires_grad(true); }
  static at::Tensor leaf(const at::Tensor& x) { return x.detach().clone().set_requires_grad(true); }
  at::Device device_ = at::kCPU;
};

struct TwoNorms {
  explicit TwoNorms(int64_t width, NormBias kind) : here(Scope(a, 3), width, kind), there(Scope(b, 3), width, kind) {
    at::NoGradGuard no_grad;
    for (auto* p : {&a, &b})
      for (const auto& [name, tensor] : p->parameters()) tensor.copy_(some(tensor.sizes(), int64_t(name.size())));
  }
  void expect_same_gradients() {
    for (const auto& [name, tensor] : a.parameters())
      expect_like(b.parameters().at(name).grad(), tensor.grad(), 0.02, name);
  }
  Parameters a, b;
  LayerNorm here, there;
};

}  // namespace asterism::nn
