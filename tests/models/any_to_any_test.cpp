#include "models/any_to_any.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "nn/nothing_to_learn.h"
#include "nn/optim.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

AnyToAny sky_model(const modalities::Batch& batch, at::ScalarType dtype = at::kFloat) {
  AnyToAny model(tiny::sky_model(), tiny::codecs(batch), dtype);
  model.fit(batch);
  return model;
}

double train(AnyToAny& model, const modalities::Batch& batch, int64_t steps, double rate) {
  nn::AdamWSettings settings;
  settings.weight_decay = 0;
  nn::AdamW optimiser(model.parameters(), settings);
  double last = 0;
  for (int64_t step = 0; step < steps; ++step) {
    model.parameters().zero_grad();
    auto outcome = model.loss(batch, {1, step, true});
    outcome.loss.backward();
    nn::clip_gradients(model.parameters().trainable(), 1);
    optimiser.step(rate * std::min(1.0, 3.0 * double(steps - step) / double(steps)));
    last = outcome.loss.item<double>();
  }
  return last;
}

// The derivative of the loss along a random direction, by autograd and by central differences in float64.
TEST(AnyToAny, GradientAgreesWithFiniteDifferences) {
  const auto batch = tiny::sky(5);
  auto model = sky_model(batch, at::kDouble);
  // An epoch in which every object has an input: beside a row of zeros the layer norms turn too steeply for
  // differences.
  const DrawKey key{3, 2, true};
  for (auto& t : model.parameters().trainable()) ASSERT_EQ(t.scalar_type(), at::kDouble);
  model.loss(batch, key).loss.backward();
  const auto generator = at::detail::createCPUGenerator(5);
  std::vector<at::Tensor> directions;
  double slope = 0;
  for (const auto& t : model.parameters().trainable()) {
    directions.push_back(at::randn(t.sizes(), generator, at::kDouble));
    if (t.grad().defined()) slope += (t.grad() * directions.back()).sum().item<double>();
  }
  const double h = 1e-6;
  auto moved = [&](double by) {
    at::NoGradGuard no_grad;
    auto tensors = model.parameters().trainable();
    for (size_t i = 0; i < tensors.size(); ++i) tensors[i].add_(directions[i], by);
    return model.loss(batch, key).loss.item<double>();
  };
  const double up = moved(h), down = moved(-2 * h);
  EXPECT_NEAR((up - down) / (2 * h), slope, 1e-5 * std::abs(slope) + 1e-7);
}

TEST(AnyToAny, LearnsEightObjectsByHeart) {
  const auto batch = tiny::sky(8);
  auto settings = tiny::sky_model();
  settings.width = 32;
  for (const char* name : {"flux_g", "flux_r", "redshift"}) settings.modalities[name].soft_bins = 0;
  for (const char* target : {"redshift", "image_legacy", "spectrum_desi"}) {
    settings.mixture[target].targets = {target};
    settings.mixture[target].all_inputs = true;
    settings.mixture[target].target_low = 16;
  }
  settings.mixture.erase("all");
  settings.mixture["redshift"].weight = 2;
  AnyToAny model(settings, tiny::codecs(batch));
  model.fit(batch);
  const double before = model.loss(batch, {1, 0, true}).loss.item<double>();
  train(model, batch, 300, 4e-3);
  PredictRequest request;
  request.targets = {"redshift"};
  const auto posterior = model.predict(batch, request).scalars.at("redshift");
  const auto& truth = std::get<modalities::ScalarBlock>(batch.blocks.at("redshift"));
  for (int64_t i = 0; i < 8; ++i)
    EXPECT_NEAR(posterior.median_N()[i].item<double>(), truth.value[size_t(i)], 0.05) << i;
  EXPECT_LT(model.loss(batch, {1, 0, true}).loss.item<double>(), 0.6 * before);
}

TEST(AnyToAny, TheLossIsAFunctionOfItsKey) {
  const auto batch = tiny::sky(6);
  auto settings = tiny::sky_model();
  settings.dropout = settings.input_dropout = 0.2;
  settings.modalities["flux_g"].input_noise = 1;
  AnyToAny model(settings, tiny::codecs(batch));
  model.fit(batch);
  auto loss = [&](DrawKey key) { return model.loss(batch, key).loss.item<float>(); };
  EXPECT_EQ(loss({1, 2, true}), loss({1, 2, true}));
  EXPECT_NE(loss({1, 2, true}), loss({1, 3, true}));
  EXPECT_NE(loss({1, 2, true}), loss({1, 2, false}));
}

TEST(AnyToAny, SameSeedSameStart) {
  const auto batch = tiny::sky(4);
  auto a = sky_model(batch), b = sky_model(batch);
  for (const auto& [name, tensor] : a.parameters().all())
    EXPECT_TRUE(at::equal(tensor, b.parameters().all().at(name))) << name;
}

// Packing is exact: the same objects in buckets, alone, or beside much longer ones.
TEST(AnyToAny, VectorsDoNotDependOnTheBatch) {
  auto batch = tiny::sky(6);
  for (const char* name : {"image_legacy", "spectrum_desi", "flux_g"}) tiny::remove(batch, name, 3);
  const auto model = sky_model(tiny::sky(6));
  const auto together = model.embed(batch, {});
  for (int64_t i = 0; i < 6; ++i) {
    const auto alone = model.embed(modalities::select(batch, {i}), {});
    EXPECT_TRUE(at::allclose(alone.vectors_ND[0], together.vectors_ND[i], 1e-4, 1e-5)) << i;
  }
}

TEST(AnyToAny, ObjectsWithNothingAreAbsent) {
  auto batch = tiny::sky(3);
  const auto model = sky_model(tiny::sky(6));
  for (const char* name : {"image_legacy", "spectrum_desi", "flux_g", "flux_r", "redshift"})
    tiny::remove(batch, name, 1);
  const auto embedded = model.embed(batch, {});
  EXPECT_FALSE(embedded.present_N[1].item<bool>());
  EXPECT_EQ(embedded.vectors_ND[1].abs().max().item<float>(), 0);
  EXPECT_TRUE(embedded.present_N[0].item<bool>());
  EmbedRequest unit;
  unit.normalise = true;
  unit.given = {"image_legacy"};
  EXPECT_NEAR(model.embed(batch, unit).vectors_ND[2].norm().item<float>(), 1, 1e-5);
  unit.layer = 0;
  EXPECT_TRUE(at::isfinite(model.embed(batch, unit).vectors_ND).all().item<bool>());
  unit.normalise = false;
  const auto mean = model.embed(batch, unit).vectors_ND;
  unit.rings = 1;  // one ring of an image alone is the mean of all its tokens
  EXPECT_TRUE(at::allclose(model.embed(batch, unit).vectors_ND, at::cat({mean, mean}, 1), 1e-4, 1e-5));
  unit.given = {"flux_g"};
  EXPECT_THROW(model.embed(batch, unit), base::UserError);
  unit = {.layer = 1};
  EXPECT_THROW(model.embed(batch, unit), base::UserError);
}

TEST(AnyToAny, NothingToLearnIsSaid) {
  auto batch = tiny::scalars(2);
  AnyToAny model(tiny::scalar_model());
  model.fit(tiny::scalars(20));
  for (const char* name : {"flux_g", "flux_r", "redshift"})
    for (int64_t i = 0; i < 2; ++i) tiny::remove(batch, name, i);
  EXPECT_THROW(model.loss(batch, {}), nn::NothingToLearn);
  EXPECT_THROW(model.loss({}, {}), nn::NothingToLearn);
}

// Rows lie object after object, and each says which modality it is of.
TEST(AnyToAny, TokensSayWhatTheyAreOf) {
  auto batch = tiny::sky(5);
  const auto model = sky_model(batch);
  tiny::remove(batch, "image_legacy", 1);
  at::NoGradGuard no_grad;
  const auto tokens = model.token_rows(batch, {});
  ASSERT_EQ(int64_t(tokens.modality_R.size()), tokens.objects.rows());
  const auto of = [&](int64_t object, const std::string& name) {
    int64_t count = 0;
    for (int64_t r = tokens.objects.starts[size_t(object)]; r < tokens.objects.starts[size_t(object + 1)]; ++r)
      count += tokens.names.at(size_t(tokens.modality_R[size_t(r)])) == name ? 1 : 0;
    return count;
  };
  EXPECT_EQ(of(0, "flux_g"), 1);
  EXPECT_GT(of(0, "image_legacy"), 1);
  EXPECT_EQ(of(1, "image_legacy"), 0);
  EXPECT_EQ(of(1, "spectrum_desi"), of(0, "spectrum_desi"));
  EmbedRequest request;
  request.given = {"flux_r"};
  const auto alone = model.token_rows(batch, request);
  EXPECT_EQ(alone.objects.rows(), 5);
  EXPECT_EQ(alone.names.at(size_t(alone.modality_R[2])), "flux_r");
  request.rings = 2;
  EXPECT_THROW(model.token_rows(batch, request), base::UserError);
}

TEST(AnyToAny, SavesItsCodecsAndSettings) {
  const auto batch = tiny::sky(5);
  const auto model = sky_model(batch);
  const base::TemporaryFolder folder;
  model.save(folder / "model");
  model.save(folder / "model");  // again, over itself
  const auto back = AnyToAny::load(folder / "model");
  PredictRequest request;
  request.targets = {"redshift", "spectrum_desi"};
  request.sampler.steps = 2;
  const auto a = model.predict(batch, request), b = back->predict(batch, request);
  EXPECT_TRUE(at::equal(a.scalars.at("redshift").probability_NK(), b.scalars.at("redshift").probability_NK()));
  EXPECT_TRUE(at::equal(a.blocks.at("spectrum_desi").ids_NT[0], b.blocks.at("spectrum_desi").ids_NT[0]));
  std::filesystem::remove(folder / "model/model.safetensors");
  EXPECT_ANY_THROW(AnyToAny::load(folder / "model"));
}

TEST(AnyToAny, ImagesAsTargetsNeedATokenizer) {
  try {
    AnyToAny model(tiny::sky_model());
    FAIL();
  } catch (const base::UserError& e) {
    EXPECT_NE(std::string(e.what()).find("codec"), std::string::npos) << e.what();
  }
}

TEST(AnyToAny, DamagedConfigsAreDataErrors) {
  const base::TemporaryFolder folder;
  for (const char* text : {"[]", "3", "{", "{}", R"({"kind": 3})", R"({"kind": ["any_to_any"]})", R"({"kind": "any"})",
                           R"({"kind": "any_to_any"})"}) {
    std::ofstream(folder / "config.json") << text;
    EXPECT_THROW(load_model(folder.path()), base::DataError) << text;
  }
  EXPECT_THROW(load_model(folder / "nowhere"), base::UserError);
}

}  // namespace
}  // namespace asterism::models
