#include "models/mixture_head.h"

#include <gtest/gtest.h>

#include <cmath>

#include "../nn/gradient_check.h"
#include "base/error.h"
#include "models/posterior.h"
#include "nn/optim.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

TEST(MixtureHead, LearnsADistributionThatBinsCannotHold) {
  // Half of the values near 1, half spread around 5 with 40 times the width.
  auto block = tiny::scalar(600, false);
  base::Random random(3, 0, 0, "test");
  for (size_t i = 0; i < 600; ++i) block.value[i] = i % 2 ? 1 + 0.02 * random.normal() : 5 + 0.8 * random.normal();
  nn::Parameters parameters;
  MixtureHead head(nn::Scope(parameters, 1), "x", "linear", 6, 4);
  head.fit(block);
  const auto x = at::ones({600, 4});
  const auto values = at::from_blob(block.value.data(), {600}, at::kDouble);
  nn::AdamWSettings settings;
  settings.weight_decay = 0;
  nn::AdamW optimiser(parameters, settings);
  for (int step = 0; step < 400; ++step) {
    parameters.zero_grad();
    head.loss(x, values).backward();
    optimiser.step(0.03);
  }
  at::NoGradGuard no_grad;
  const double found = head.mixture(x).log_density_N(values).mean().item<double>();
  const double entropy = 0.5 * (std::log(0.02) + std::log(0.8)) + 0.5 * std::log(2 * M_PI) + 0.5 + std::log(2);
  EXPECT_NEAR(found, -entropy, 0.08) << "of the truth";
}

TEST(MixtureHead, GradientsAgreeWithFiniteDifferences) {
  nn::Parameters parameters;
  MixtureHead head(nn::Scope(parameters, 1, "", at::kDouble), "redshift", "auto", 3, 4);
  const auto batch = tiny::scalars(20);
  const auto& block = std::get<modalities::ScalarBlock>(batch.blocks.at("flux_r"));
  head.fit(block);
  const auto x = test::random_input({3, 4}, true, "x");
  const auto values = at::tensor({block.value[0], block.value[1], 40.0}, at::kDouble);
  std::vector<std::pair<std::string, at::Tensor>> inputs{{"x", x}};
  for (const auto& [name, tensor] : parameters.parameters()) inputs.emplace_back(name, tensor);
  test::expect_gradients([&] { return head.loss(x, values).unsqueeze(0); }, inputs);
}

TEST(MixtureHead, KeepsItsScaleAndWantsOne) {
  nn::Parameters parameters;
  MixtureHead head(nn::Scope(parameters, 1), "flux_r", "auto", 3, 4);
  EXPECT_THROW(head.mixture(at::ones({1, 4})), base::UserError);
  const auto small = tiny::scalars(100), large = tiny::scalars(50, 500);
  head.fit(std::get<modalities::ScalarBlock>(small.blocks.at("flux_r")));
  const auto before = parameters.buffers().at("scale").clone();
  EXPECT_EQ(before[0].item<double>(), 1) << "log-normal fluxes take asinh";
  head.fit(std::get<modalities::ScalarBlock>(large.blocks.at("redshift")));
  EXPECT_TRUE(at::equal(before, parameters.buffers().at("scale")));
}

}  // namespace
}  // namespace asterism::models
