#pragma once
// Analytic gradients against central differences, in float64.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "nn/scope.h"

namespace asterism::test {

// Checks d f / d x of every tensor in `inputs` (float64, requiring gradients) at up to `samples` entries each, where f
// returns any tensor: its entries are summed with fixed unequal weights.
inline void expect_gradients(const std::function<at::Tensor()>& f,
                             const std::vector<std::pair<std::string, at::Tensor>>& inputs, int64_t samples = 8,
                             double step = 1e-5, double tolerance = 1e-6) {
  const auto score = [&] {
    const auto y = f().reshape({-1});
    return (y * at::cos(at::arange(y.numel(), y.options().requires_grad(false)) + 0.3)).sum();
  };
  for (const auto& [name, x] : inputs) x.mutable_grad().reset();
  score().backward();
  at::NoGradGuard no_grad;
  for (const auto& [name, x] : inputs) {
    ASSERT_EQ(x.scalar_type(), at::kDouble) << name;
    ASSERT_TRUE(x.grad().defined()) << name << " gets no gradient";
    const auto gradient = x.grad().contiguous().reshape({-1});
    auto raw = x.detach();
    const int64_t n = raw.numel(), stride = std::max<int64_t>(1, n / samples);
    for (int64_t i = 0; i < n; i += stride) {
      auto entry = raw.dim() == 0 ? raw : raw.view(-1)[i];
      const double was = entry.item<double>();
      entry.fill_(was + step);
      const double up = score().item<double>();
      entry.fill_(was - step);
      const double down = score().item<double>();
      entry.fill_(was);
      const double numeric = (up - down) / (2 * step), analytic = gradient[i].item<double>();
      EXPECT_NEAR(analytic, numeric, tolerance * (1 + std::abs(numeric))) << name << "[" << i << "]";
    }
  }
}

// The same for every parameter of a tree and one input.
inline void expect_gradients(const std::function<at::Tensor()>& f, const nn::Parameters& parameters,
                             const at::Tensor& x) {
  std::vector<std::pair<std::string, at::Tensor>> inputs;
  for (const auto& entry : parameters.parameters()) inputs.emplace_back(entry.first, entry.second);
  if (x.defined()) inputs.emplace_back("input", x);
  expect_gradients(f, inputs);
}

// Moves every parameter off its special start (zeros, ones), so that a check sees all of them at work.
inline void shake(const nn::Parameters& parameters, double size = 0.2, uint64_t seed = 7) {
  at::NoGradGuard no_grad;
  for (const auto& entry : parameters.parameters())
    entry.second.add_(
        nn::initial_value(entry.second.sizes(), nn::Init::normal(size), seed, entry.first, entry.second.scalar_type()));
}

inline at::Tensor random_input(at::IntArrayRef shape, bool requires_grad = true, const std::string& name = "input",
                               at::ScalarType dtype = at::kDouble) {
  auto x = nn::initial_value(shape, nn::Init::normal(1), 11, name, dtype);
  return x.set_requires_grad(requires_grad);
}

}  // namespace asterism::test
