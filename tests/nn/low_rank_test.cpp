#include "nn/low_rank.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "gradient_check.h"
#include "nn/transformer.h"

namespace asterism::nn {
namespace {

TransformerSettings small_network() {
  TransformerSettings t;
  t.width = 8;
  t.heads = 2;
  t.depth = 2;
  return t;
}

struct Model {
  Parameters parameters;
  Encoder encoder;
  at::Tensor x = test::random_input({2, 5, 8}, false);
  Model() : encoder(Scope(parameters, 3, "", at::kDouble) / "encoder", small_network()) { test::shake(parameters); }
  at::Tensor operator()() const { return encoder(x); }
};

// Adapters in float32 as the house keeps them; the model itself in double.
TEST(LowRank, StartsAsTheModelLearnsAloneAndCanBeTakenAway) {
  Model model;
  const auto before = model().detach().clone();
  Parameters learned;
  const LowRank adapters(model.parameters, learned, {.rank = 2, .scale = 0.5}, 1);
  EXPECT_EQ(adapters.matrices(), 2 * 5);  // qkv, proj, fc1, fc2, fc3
  EXPECT_EQ(learned.parameters().at("encoder.0.attn.qkv.weight.down").size(0), 6);
  EXPECT_TRUE(model.parameters.trainable().empty());
  adapters.apply();
  EXPECT_TRUE(at::equal(model(), before));
  for (int step = 0; step < 3; ++step) {
    adapters.apply();
    learned.zero_grad();
    model().square().sum().backward();
    at::NoGradGuard no_grad;
    for (auto& t : learned.trainable()) {
      ASSERT_TRUE(t.grad().defined());
      t.sub_(t.grad(), 1e-3);
    }
  }
  adapters.apply();
  EXPECT_FALSE(at::allclose(model(), before));
  adapters.remove();
  EXPECT_TRUE(at::equal(model().detach(), before));
}

TEST(LowRank, TheProductIsWhatIsAdded) {
  Model model;
  const auto base = model.parameters.parameters().at("encoder.1.mlp.fc2.weight").detach().clone();
  Parameters learned;
  const LowRank adapters(model.parameters, learned, {.rank = 2, .scale = 0.5}, 1);
  {
    at::NoGradGuard no_grad;
    test::shake(learned);
  }
  adapters.apply();
  const auto& now = learned.parameters();
  const auto expected =
      base +
      0.5 * at::matmul(now.at("encoder.1.mlp.fc2.weight.up"), now.at("encoder.1.mlp.fc2.weight.down")).to(at::kDouble);
  EXPECT_TRUE(at::allclose(model.parameters.parameters().at("encoder.1.mlp.fc2.weight"), expected, 1e-6, 1e-7));
}

TEST(LowRank, GradientsOfAdaptersAreThoseOfTheLoss) {
  Model model;
  Parameters learned;
  const LowRank adapters(model.parameters, learned, {.rank = 1}, 1);
  test::shake(learned);
  adapters.apply();
  model().sin().sum().backward();
  const auto loss = [&] {
    at::NoGradGuard no_grad;
    adapters.apply();
    return model().sin().sum().item<double>();
  };
  for (const char* name : {"encoder.0.attn.qkv.weight.up", "encoder.1.mlp.fc1.weight.down"}) {
    const auto& t = learned.parameters().at(name);
    const double slope = t.grad().view(-1)[1].item<double>();
    at::NoGradGuard no_grad;
    auto entry = t.view(-1)[1];
    entry.add_(1e-2);
    const double up = loss();
    entry.sub_(2e-2);
    const double down = loss();
    entry.add_(1e-2);
    EXPECT_NEAR((up - down) / 2e-2, slope, 2e-3 * (1 + std::abs(slope))) << name;
  }
}

// Whoever keeps packed copies of the matrices makes them again when their version is another.
TEST(LowRank, WithoutGradientsWhatIsThereAlreadyStays) {
  Model model;
  Parameters learned;
  const LowRank adapters(model.parameters, learned, {.rank = 2}, 1);
  const auto weight = model.parameters.parameters().at("encoder.1.mlp.fc2.weight");
  const at::NoGradGuard no_grad;
  learned.parameters().at("encoder.1.mlp.fc2.weight.up").fill_(0.5);
  adapters.apply();
  const auto version = weight._version();
  adapters.apply();
  EXPECT_EQ(weight._version(), version);
  const auto before = weight.clone();
  learned.parameters().at("encoder.1.mlp.fc2.weight.up").fill_(1);
  adapters.apply();
  EXPECT_FALSE(at::equal(weight, before));
  const auto adapted = weight.clone();
  adapters.remove();
  adapters.apply();
  EXPECT_TRUE(at::equal(weight, adapted));
}

TEST(LowRank, NothingToAdaptIsRefused) {
  Parameters model, learned;
  model.add("table.weight", at::zeros({3, 4}));
  EXPECT_THROW(LowRank(model, learned, {}, 1), base::UserError);
}

}  // namespace
}  // namespace asterism::nn
