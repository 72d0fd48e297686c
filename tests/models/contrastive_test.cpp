#include "models/contrastive.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "nn/nothing_to_learn.h"
#include "nn/optim.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

Contrastive fitted(const ContrastiveSettings& settings, const modalities::Batch& batch) {
  Contrastive model(settings);
  model.fit(batch);
  return model;
}

at::Tensor vectors(const Contrastive& model, const modalities::Batch& batch, const std::string& given) {
  EmbedRequest request;
  request.given = {given};
  return model.embed(batch, request).vectors_ND;
}

TEST(Contrastive, LossAgreesWithInfoNceInFloat64) {
  const auto batch = tiny::sky(6);
  auto settings = tiny::contrastive_model();
  settings.towers.erase("scalars");
  settings.learn_temperature = false;
  auto model = fitted(settings, batch);
  const auto a = vectors(model, batch, "image_legacy").to(at::kDouble),
             b = vectors(model, batch, "spectrum_desi").to(at::kDouble);
  const auto logits = at::matmul(a, b.t()) / settings.temperature;
  const double expected =
      -0.5 *
      (at::log_softmax(logits, 1).diagonal().mean() + at::log_softmax(logits, 0).diagonal().mean()).item<double>();
  EXPECT_NEAR(model.loss(batch, {1, 1, true}).loss.item<double>(), expected, 1e-5);
}

TEST(Contrastive, GradientAgreesWithFiniteDifferences) {
  const auto batch = tiny::sky(6);
  auto model = fitted(tiny::contrastive_model(), batch);
  const DrawKey key{1, 1, true};
  model.loss(batch, key).loss.backward();
  const auto generator = at::detail::createCPUGenerator(5);
  std::vector<at::Tensor> directions;
  double slope = 0;
  for (const auto& t : model.parameters().trainable()) {
    ASSERT_TRUE(t.grad().defined());
    directions.push_back(at::randn(t.sizes(), generator));
    slope += (t.grad() * directions.back()).sum().item<double>();
  }
  auto moved = [&](double by) {
    at::NoGradGuard no_grad;
    auto tensors = model.parameters().trainable();
    for (size_t i = 0; i < tensors.size(); ++i) tensors[i].add_(directions[i], by);
    return model.loss(batch, key).loss.item<double>();
  };
  const double h = 1e-4, up = moved(h), down = moved(-2 * h);  // float32: a coarse step, a coarse bound
  EXPECT_NEAR((up - down) / (2 * h), slope, 0.02 * std::abs(slope) + 0.02);
}

TEST(Contrastive, TheSameObjectTwiceIsNotItsOwnNegative) {
  auto settings = tiny::contrastive_model();
  settings.towers.erase("scalars");
  settings.learn_temperature = false;
  const auto batch = tiny::sky(2);
  auto model = fitted(settings, batch);
  const auto a = vectors(model, batch, "image_legacy").to(at::kDouble),
             b = vectors(model, batch, "spectrum_desi").to(at::kDouble);
  const auto e = at::exp(at::matmul(a, b.t()) / settings.temperature);
  auto at = [&](int64_t i, int64_t j) { return e[i][j].item<double>(); };
  // objects 0, 1, 0: each row of object 0 has one negative, that of object 1 has two
  const double rows =
      -(2 * std::log(at(0, 0) / (at(0, 0) + at(0, 1))) + std::log(at(1, 1) / (at(1, 1) + 2 * at(1, 0)))) / 3;
  const double columns =
      -(2 * std::log(at(0, 0) / (at(0, 0) + at(1, 0))) + std::log(at(1, 1) / (at(1, 1) + 2 * at(0, 1)))) / 3;
  EXPECT_NEAR(model.loss(modalities::select(batch, {0, 1, 0}), {1, 1, false}).loss.item<double>(),
              0.5 * (rows + columns), 1e-4);
}

TEST(Contrastive, MissingHalvesAreLeftOut) {
  auto settings = tiny::contrastive_model();
  settings.towers.erase("scalars");
  auto batch = tiny::sky(6);
  auto model = fitted(settings, batch);
  const double without = model.loss(modalities::select(batch, {0, 1, 3, 5}), {1, 1, false}).loss.item<double>();
  tiny::remove(batch, "image_legacy", 2);
  tiny::remove(batch, "spectrum_desi", 4);
  EXPECT_NEAR(model.loss(batch, {1, 1, false}).loss.item<double>(), without, 1e-4);
}

TEST(Contrastive, NothingToLearnIsSaid) {
  auto batch = tiny::sky(3);
  auto model = fitted(tiny::contrastive_model(), batch);
  EXPECT_THROW(model.loss(modalities::select(batch, {0}), {}), nn::NothingToLearn);
  EXPECT_THROW(model.loss(modalities::select(batch, {1, 1}), {}), nn::NothingToLearn);
  for (int64_t i = 0; i < 3; ++i)
    for (const char* name : {"image_legacy", "spectrum_desi"}) tiny::remove(batch, name, i);
  EXPECT_THROW(model.loss(batch, {}), nn::NothingToLearn);
}

TEST(Contrastive, TemperatureStaysInItsRange) {
  const auto batch = tiny::sky(4);
  auto model = fitted(tiny::contrastive_model(), batch);
  EXPECT_NEAR(model.loss(batch, {}).figures.at("temperature").item<double>(), 0.07, 1e-5);
  for (const double logit : {-100.0, 100.0}) {
    at::NoGradGuard no_grad;
    at::Tensor t = model.parameters().parameters().at("temperature_logit");
    t.fill_(logit);
    const auto outcome = model.loss(batch, {});
    EXPECT_TRUE(at::isfinite(outcome.loss).item<bool>());
    EXPECT_GE(outcome.figures.at("temperature").item<double>(), 0.0099);
    EXPECT_LE(outcome.figures.at("temperature").item<double>(), 1.0001);
  }
}

TEST(Contrastive, LearnsEightPairsByHeart) {
  const auto batch = tiny::sky(8);
  auto model = fitted(tiny::contrastive_model(), batch);
  nn::AdamW optimiser(model.parameters(), {});
  for (int64_t step = 0; step < 60; ++step) {
    model.parameters().zero_grad();
    model.loss(batch, {1, step, true}).loss.backward();
    optimiser.step(3e-3);
  }
  const auto outcome = model.loss(batch, {1, 0, false});
  EXPECT_EQ(outcome.figures.at("accuracy/image_legacy-spectrum_desi").item<float>(), 1);
  EXPECT_EQ(outcome.figures.at("accuracy/image_legacy-scalars").item<float>(), 1);
}

TEST(Contrastive, EmbedAveragesTheTowersGiven) {
  auto batch = tiny::sky(3);
  auto model = fitted(tiny::contrastive_model(), batch);
  const auto sum = vectors(model, batch, "image_legacy") + vectors(model, batch, "spectrum_desi");
  EmbedRequest both;
  both.given = {"image_legacy", "spectrum_desi"};
  EXPECT_TRUE(
      at::allclose(model.embed(batch, both).vectors_ND, sum / at::linalg_vector_norm(sum, 2, {-1}, true), 1e-4, 1e-5));
  EXPECT_THROW(vectors(model, batch, "image_legcy"), base::UserError);
  EmbedRequest layer;
  layer.layer = 0;
  EXPECT_THROW(model.embed(batch, layer), base::UserError);
}

TEST(Contrastive, RefusesTowersThatCannotBe) {
  auto settings = tiny::contrastive_model();
  settings.towers = {{"only", {{"image_legacy"}, 1}}};
  EXPECT_THROW(Contrastive model(settings), base::UserError);
  settings.towers = {{"a", {{"image_legcy"}, 1}}, {"b", {{"spectrum_desi"}, 1}}};
  EXPECT_THROW(Contrastive model(settings), base::UserError);
  settings.towers.clear();
  EXPECT_EQ(Contrastive(settings).towers(), (std::vector<std::string>{"image_legacy", "scalars", "spectrum_desi"}));
}

}  // namespace
}  // namespace asterism::models
