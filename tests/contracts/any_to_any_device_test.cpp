// The any-to-any model and what is adapted from it answer on a device as on the CPU: every way in, every head, every
// question.

#include <gtest/gtest.h>

#include "../models/tiny_sky.h"
#include "base/temporary_folder.h"
#include "models/adapted.h"
#include "pretend_device.h"

namespace asterism::models {
namespace {

AnyToAny model_of(AnyToAnySettings settings = tiny::sky_model()) {
  const auto sample = tiny::sky(12);
  AnyToAny out(std::move(settings), tiny::codecs(sample));
  out.fit(sample);
  return out;
}

// Some objects lack what others have.
modalities::Batch batch_of(int64_t n) {
  auto batch = tiny::sky(n, 100);
  tiny::remove(batch, "image_legacy", 2);
  tiny::remove(batch, "flux_g", 3);
  tiny::remove(batch, "spectrum_desi", 1);
  return batch;
}

void expect_gradients_of_the_cpu(nn::Parameters& here, nn::Parameters& there) {
  for (const auto& [name, tensor] : here.parameters()) {
    const auto theirs = there.parameters().at(name).grad(), mine = tensor.grad();
    ASSERT_EQ(mine.defined(), theirs.defined()) << name;
    if (!mine.defined()) continue;
    EXPECT_TRUE(at::allclose(theirs.cpu(), mine, 1e-2, 1e-4 + 1e-3 * mine.abs().max().item<double>())) << name;
  }
}

void expect_same_loss(const AnyToAnySettings& settings) {
  auto here = model_of(settings), there = model_of(settings);
  there.to(test::a_device());
  const auto batch = batch_of(12);
  const auto mine = here.loss(batch, {1, 2, true}), theirs = there.loss(batch, {1, 2, true});
  EXPECT_NEAR(theirs.loss.item<double>(), mine.loss.item<double>(), 1e-3 * std::abs(mine.loss.item<double>()));
  for (const auto& [name, value] : mine.figures)
    EXPECT_NEAR(theirs.figures.at(name).item<double>(), value.item<double>(), 1e-3 + 1e-3 * value.abs().item<double>())
        << name;
  mine.loss.backward();
  theirs.loss.backward();
  expect_gradients_of_the_cpu(here.parameters(), there.parameters());
}

TEST(AnyToAnyOnADevice, LossOfMixturesAndDigits) {
  auto settings = tiny::sky_model();
  settings.scalar_head = "mixture";
  settings.code_head = "levels";
  settings.bias = false;
  settings.qk_norm = true;
  expect_same_loss(settings);
}

TEST(AnyToAnyOnADevice, LossOfCodesThatGoIn) {
  auto settings = tiny::sky_model();
  for (const char* name : {"image_legacy", "spectrum_desi"}) settings.modalities[name].input = "both";
  settings.modalities["redshift"].input = "tokens";
  settings.modalities["flux_g"].group = settings.modalities["flux_r"].group = "flux";
  expect_same_loss(settings);
}

TEST(AnyToAnyOnADevice, LossOfPairsInChunks) {
  auto settings = tiny::sky_model();
  settings.pair_consistency = 0.5;
  settings.loss_chunk = 5;
  for (auto& [name, modality] : settings.modalities) modality.soft_bins = 0.7;
  expect_same_loss(settings);
}

// The CPU's answers and the device's.
struct Answers {
  AnyToAny here = model_of(), there = model_of();
  modalities::Batch batch = batch_of(6);
  Answers() { there.to(test::a_device()); }
};

TEST(AnyToAnyOnADevice, PosteriorsAndDraws) {
  Answers a;
  PredictRequest request;
  request.targets = {"redshift", "image_legacy", "spectrum_desi"};
  request.sampler.temperature = 0;
  request.sampler.samples = 2;
  request.sampler.steps = 3;
  const auto here = a.here.predict(a.batch, request), there = a.there.predict(a.batch, request);
  EXPECT_TRUE(there.present_N.is_cpu());
  EXPECT_TRUE(at::equal(there.present_N, here.present_N));
  EXPECT_TRUE(at::allclose(there.scalars.at("redshift").probability_NK(), here.scalars.at("redshift").probability_NK(),
                           1e-3, 1e-6));
  for (const char* name : {"image_legacy", "spectrum_desi"})
    for (int64_t sample = 0; sample < 2; ++sample) {
      const auto &mine = here.blocks.at(name).ids_NT[size_t(sample)],
                 &theirs = there.blocks.at(name).ids_NT[size_t(sample)];
      EXPECT_TRUE(theirs.is_cpu());
      EXPECT_GT(theirs.eq(mine).to(at::kDouble).mean().item<double>(), 0.95) << name;
    }
  request.targets = {"redshift"};
  request.unconditional = true;
  EXPECT_TRUE(at::allclose(a.there.predict(a.batch, request).scalars.at("redshift").median_N(),
                           a.here.predict(a.batch, request).scalars.at("redshift").median_N(), 1e-3, 1e-5));
}

TEST(AnyToAnyOnADevice, Likelihoods) {
  Answers a;
  for (const char* target : {"redshift", "image_legacy", "spectrum_desi"}) {
    const auto here = a.here.log_likelihood_N(a.batch, {}, target),
               there = a.there.log_likelihood_N(a.batch, {}, target);
    EXPECT_TRUE(there.is_cpu());
    EXPECT_TRUE(at::allclose(there, here, 1e-3, 1e-3, /*equal_nan=*/true)) << target;
  }
}

TEST(AnyToAnyOnADevice, CalibrationAndJointDraws) {
  Answers a;
  const std::vector<modalities::Batch> validation = {tiny::sky(16, 40)};
  EXPECT_NEAR(a.there.calibrate(validation, {}, "redshift"), a.here.calibrate(validation, {}, "redshift"), 1e-2);
  PredictRequest request;
  request.given = {"flux_g"};
  request.targets = {"redshift", "flux_r"};
  request.sampler.samples = 2;
  const auto here = a.here.sample_joint(a.batch, request), there = a.there.sample_joint(a.batch, request);
  for (size_t s = 0; s < 2; ++s)
    for (const auto& target : request.targets)
      for (size_t i = 0; i < 6; ++i)
        EXPECT_NEAR(std::get<modalities::ScalarBlock>(there[s].blocks.at(target)).value[i],
                    std::get<modalities::ScalarBlock>(here[s].blocks.at(target)).value[i], 1e-2)
            << target;
}

TEST(AnyToAnyOnADevice, VectorsOfRingsAndTokens) {
  Answers a;
  EmbedRequest request;
  request.rings = 2;
  request.normalise = true;
  EXPECT_TRUE(
      at::allclose(a.there.embed(a.batch, request).vectors_ND, a.here.embed(a.batch, request).vectors_ND, 1e-3, 1e-4));
  const auto rows = a.there.token_rows(a.batch, {});
  EXPECT_EQ(rows.rows_RD.device(), a.there.parameters().device());
  EXPECT_TRUE(at::allclose(rows.rows_RD.cpu(), a.here.token_rows(a.batch, {}).rows_RD, 1e-3, 1e-4));
}

TEST(AnyToAnyOnADevice, ComesBack) {
  Answers a;
  a.there.to(at::kCPU);
  EXPECT_TRUE(at::equal(a.there.embed(a.batch, {}).vectors_ND, a.here.embed(a.batch, {}).vectors_ND));
}

struct Way {
  const char* adapt;
  const char* task;
};

class AdaptedOnADevice : public testing::TestWithParam<Way> {
 protected:
  std::unique_ptr<Adapted> make() const {
    AdaptedSettings settings;
    settings.backbone = "given";
    settings.adapt = GetParam().adapt;
    settings.task = GetParam().task;
    settings.target = "redshift";
    settings.bins = 8;
    if (settings.adapt == "attentive") settings.heads = 2;
    if (settings.adapt == "mlp" || settings.adapt == "tokens") settings.hidden = 8;
    if (settings.task == "classification") settings.classes = 2;
    auto out = std::make_unique<Adapted>(settings, std::make_unique<AnyToAny>(model_of()));
    out->fit(batch_);
    return out;
  }
  modalities::Batch batch_ = [] {
    auto batch = tiny::sky(12);
    if (std::string_view(GetParam().task) == "classification")
      for (auto& z : std::get<modalities::ScalarBlock>(batch.blocks.at("redshift")).value) z = z > 0.5;
    return batch;
  }();
};

TEST_P(AdaptedOnADevice, LearnsAndPredicts) {
  const auto here = make(), there = make();
  there->to(test::a_device());
  for (int time = 0; time < 2; ++time) {  // the second reads what the first one kept
    here->parameters().zero_grad();
    there->parameters().zero_grad();
    const auto mine = here->loss(batch_).loss, theirs = there->loss(batch_).loss;
    EXPECT_EQ(theirs.device(), test::a_device());
    EXPECT_NEAR(theirs.item<double>(), mine.item<double>(), 1e-3 * std::abs(mine.item<double>()));
    mine.backward();
    theirs.backward();
    expect_gradients_of_the_cpu(here->parameters(), there->parameters());
  }
  PredictRequest request;
  request.targets = {"redshift"};
  const auto mine = here->predict(batch_, request), theirs = there->predict(batch_, request);
  EXPECT_TRUE(theirs.present_N.is_cpu());
  EXPECT_TRUE(at::allclose(theirs.scalars.at("redshift").probability_NK(), mine.scalars.at("redshift").probability_NK(),
                           1e-3, 1e-5));
  const base::TemporaryFolder folder;
  there->save(folder / "model");
  EXPECT_TRUE(at::allclose(Adapted::load(folder / "model")->predict(batch_, request).scalars.at("redshift").median_N(),
                           mine.scalars.at("redshift").median_N(), 1e-3, 1e-5));
}

INSTANTIATE_TEST_SUITE_P(Ways, AdaptedOnADevice,
                         testing::Values(Way{"linear", "classification"}, Way{"mlp", "posterior"},
                                         Way{"tokens", "posterior"}, Way{"attentive", "regression"},
                                         Way{"lora", "posterior"}, Way{"full", "posterior"}),
                         [](const auto& info) { return std::string(info.param.adapt); });

}  // namespace
}  // namespace asterism::models
