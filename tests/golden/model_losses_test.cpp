// Ten training steps of each tiny model at a fixed seed: the losses must not move unless someone means them to.
// After a change that is meant, ASTERISM_PRINT_GOLDEN=1 build/bin/test_golden --gtest_filter='GoldenLosses.*' prints
// the new lines.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "../models/tiny_sky.h"
#include "nn/optim.h"

namespace asterism::models {
namespace {

template <class M>
std::vector<double> ten_losses(M& model) {
  const auto batch = tiny::sky(12);
  model.fit(batch);
  nn::AdamW optimiser(model.parameters(), {});
  std::vector<double> out;
  for (int64_t step = 0; step < 10; ++step) {
    model.parameters().zero_grad();
    const auto outcome = model.loss(batch, {1, step, true});
    outcome.loss.backward();
    optimiser.step(3e-3);
    out.push_back(outcome.loss.template item<double>());
  }
  return out;
}

void compare(const char* name, const std::vector<double>& found, const std::vector<double>& expected) {
  if (std::getenv("ASTERISM_PRINT_GOLDEN")) {
    fmt::print("{}: ", name);
    for (const double loss : found) fmt::print("{:.7f}, ", loss);
    fmt::print("\n");
    return;
  }
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i)
    EXPECT_NEAR(found[i], expected[i], 1e-4 * expected[i]) << name << ", step " << i;
}

TEST(GoldenLosses, AnyToAnyOfScalars) {
  AnyToAny model(tiny::scalar_model());
  compare(
      "scalars", ten_losses(model),
      {2.9505112, 2.8760853, 2.7994754, 3.0577211, 2.8541195, 2.9322948, 2.6072538, 2.6473572, 2.6088982, 2.7308693});
}

TEST(GoldenLosses, Contrastive) {
  Contrastive model(tiny::contrastive_model());
  compare(
      "contrastive", ten_losses(model),
      {3.8363025, 2.6016092, 2.5060971, 2.4950566, 2.4924870, 2.4794524, 2.4735291, 2.4739125, 2.4751654, 2.4747176});
}

}  // namespace
}  // namespace asterism::models
