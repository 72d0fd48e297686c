#include "nn/mlp.h"

#include <map>

#include "gradient_check.h"

namespace asterism::nn {
namespace {

TEST(Mlp, HiddenWidthsAreThoseOfPublishedModels) {
  EXPECT_EQ(Mlp::gated_hidden(768), 2048);
  EXPECT_EQ(Mlp::gated_hidden(1024), 2730);
  EXPECT_EQ(Mlp::gated_hidden(2048), 5461);
}

TEST(Mlp, GatedIsSwiGlu) {
  Parameters p;
  const Mlp mlp(Scope(p), 4, 6, 4, true, false);
  const auto x = test::random_input({3, 4}, false, "x", at::kFloat);
  const auto gate = at::linear(x, mlp.fc1.weight);
  const auto expected = at::linear(gate * at::sigmoid(gate) * at::linear(x, mlp.fc3.weight), mlp.fc2.weight);
  EXPECT_TRUE(at::allclose(mlp(x), expected, 1e-5, 1e-6));
}

// Many rows go through products filled up to a multiple of 16; the hidden width here is none.
TEST(Mlp, ManyRowsAreTheSame) {
  for (const bool has_bias : {false, true}) {
    Parameters p;
    const Mlp mlp(Scope(p), 4, 21, 5, true, has_bias);
    test::shake(p);
    const auto x = test::random_input({30, 10, 4}, false, "x", at::kFloat);
    const auto expected = mlp.fc2(at::silu(mlp.fc1(x)) * mlp.fc3(x));
    const auto out = mlp(x);
    ASSERT_EQ(out.sizes(), expected.sizes());
    EXPECT_TRUE(at::allclose(out, expected, 1e-4, 1e-5));
    std::map<std::string, at::Tensor> wanted;
    expected.sum().backward();
    for (const auto& [name, tensor] : p.parameters()) wanted[name] = tensor.grad().clone();
    p.zero_grad();
    out.sum().backward();
    for (const auto& [name, tensor] : p.parameters())
      EXPECT_TRUE(at::allclose(tensor.grad(), wanted.at(name), 1e-3, 1e-4)) << name;
  }
}

TEST(Mlp, Gradients) {
  for (const bool gated : {false, true})
    for (const auto activation : {Activation::gelu, Activation::silu}) {
      Parameters p;
      const Mlp mlp(Scope(p, 1, "", at::kDouble), 3, 5, 4, gated, true, activation);
      test::shake(p);
      const auto x = test::random_input({2, 3});
      test::expect_gradients([&] { return mlp(x); }, p, x);
    }
}

TEST(Mlp, Activations) {
  const auto x = at::tensor({-1.0, 0.0, 2.0}, at::kDouble);
  EXPECT_TRUE(at::allclose(activate(x, Activation::relu), at::tensor({0.0, 0.0, 2.0}, at::kDouble)));
  EXPECT_NEAR(activate(x, Activation::gelu)[2].item<double>(), 2 * 0.5 * std::erfc(-2 / std::sqrt(2.0)), 1e-12);
}

// Values of Python's torch.nn modules with their defaults, at -4 and 0.4.
TEST(Mlp, ActivationsByTheNamesOfPyTorch) {
  const std::map<std::string, std::pair<double, double>> expected{
      {"ReLU6", {0, 0.4}},
      {"SELU", {-1.7258986282, 0.4202803949}},
      {"CELU", {-0.9816843611, 0.4}},
      {"Softsign", {-0.8, 0.2857142857}},
      {"Hardtanh", {-1, 0.4}},
      {"Hardsigmoid", {0, 0.5666666667}},
      {"LogSigmoid", {-4.0181499279, -0.5130152524}},
      {"Tanhshrink", {-3.0006707003, 0.0200510379}},
      {"Softshrink", {-3.5, 0}},
      {"Hardshrink", {-4, 0}},
  };
  for (const auto& [name, values] : expected) {
    const auto y = activate(at::tensor({-4.0, 0.4}, at::kDouble), activation_named(name));
    EXPECT_NEAR(y[0].item<double>(), values.first, 1e-8) << name;
    EXPECT_NEAR(y[1].item<double>(), values.second, 1e-8) << name;
  }
}

}  // namespace
}  // namespace asterism::nn
