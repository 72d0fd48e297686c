#include "models/template_redshift.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "nn/nothing_to_learn.h"
#include "nn/optim.h"
#include "tests/tokenizers/example_templates.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr double kSpeedOfLight = 299792.458;

// Galaxies of the example, their redshifts told wrong by so many km/s.
modalities::Batch redshifted_batch(int64_t n, uint64_t seed, double off_kms = 0) {
  auto sky = tokenizers::test::redshifted(n, 15, seed);
  modalities::Batch batch;
  std::vector<int64_t> galaxies;
  for (int64_t i = 0; i < n; ++i) {
    batch.objects.push_back({"example", std::to_string(seed) + "-" + std::to_string(i), false, 0, 0});
    auto& z = sky.redshift.value[size_t(i)];
    z += (1 + z) * off_kms / kSpeedOfLight;
    if (sky.star[size_t(i)] == 0) galaxies.push_back(i);
  }
  batch.blocks["spectrum_sdss"] = sky.spectra;
  batch.blocks["redshift"] = sky.redshift;
  return modalities::select(batch, galaxies);
}

std::shared_ptr<tokenizers::SpectrumTemplates> learned_templates() {
  tokenizers::SpectrumTemplatesSettings s;
  s.wavelength_low = 4000;
  s.wavelength_high = 8000;
  s.pixels = 600;
  s.redshift_low = {0.02};
  s.redshift_high = {0.7};
  s.directions = {3};
  s.fit_rounds = 8;
  auto out = std::make_shared<tokenizers::SpectrumTemplates>(s, 1);
  const auto batch = redshifted_batch(160, 1);
  tokenizers::Lesson lesson{{&batch.blocks.at("spectrum_sdss")}, {}};
  lesson.redshifts = {&std::get<modalities::ScalarBlock>(batch.blocks.at("redshift"))};
  out->fit_all(lesson);
  return out;
}

TemplateRedshift template_model() {
  static const auto codec = learned_templates();
  return TemplateRedshift({.codec = "given"}, codec);
}

TEST(TemplateRedshift, PosteriorsHoldTheTruth) {
  const auto model = template_model();
  auto batch = redshifted_batch(60, 2);
  const int64_t n = batch.size();
  tiny::remove(batch, "spectrum_sdss", 3);
  const auto answer = model.predict(batch, {.given = {}, .targets = {"redshift"}});
  const auto& posterior = answer.scalars.at("redshift");
  EXPECT_TRUE(at::allclose(posterior.probability_NK().sum(1), at::ones({n}, at::kDouble)));
  EXPECT_EQ(answer.present_N.sum().item<int64_t>(), n - 1);
  EXPECT_FALSE(answer.present_N[3].item<bool>());
  EXPECT_NEAR(posterior.probability_NK()[3].max().item<double>(), posterior.probability_NK()[3].min().item<double>(),
              1e-12)
      << "the prior";
  const auto& truth = std::get<modalities::ScalarBlock>(batch.blocks.at("redshift"));
  int64_t right = 0;
  for (int64_t i = 0; i < n; ++i)
    right += std::abs(posterior.median_N()[i].item<double>() - truth.value[size_t(i)]) < 0.005 ? 1 : 0;
  EXPECT_GE(right, n - 3);
  EXPECT_EQ(model.codec("redshift").num_tokens(), 1);
  EXPECT_EQ(model.codec("redshift").vocabulary(), posterior.probability_NK().size(1));
}

TEST(TemplateRedshift, LearnsWhereLinesOfOthersAre) {
  auto model = template_model();
  const auto batch = redshifted_batch(80, 4, 1500);
  nn::AdamW optimiser(model.parameters(), {});
  const auto before = model.loss(batch);
  EXPECT_EQ(before.weight, double(batch.size()));
  for (int step = 0; step < 150; ++step) {
    model.parameters().zero_grad();
    model.loss(batch).loss.backward();
    optimiser.step(0.05, 0);
  }
  const auto after = model.loss(batch);
  EXPECT_LT(after.loss.item<double>(), before.loss.item<double>() - 0.3);
  EXPECT_NEAR(model.parameters().parameters().at("shift").item<double>(), 1.5, 0.4) << "1,000 km/s";
}

TEST(TemplateRedshift, MeansMoveOnlyWhereAsked) {
  TemplateRedshift model({.codec = "given", .learn_means = true}, learned_templates());
  const auto batch = redshifted_batch(40, 6, -1000);
  const double before = model.loss(batch).loss.item<double>();
  model.fit(batch);
  EXPECT_LT(model.loss(batch).loss.item<double>(), before - 0.1);
  TemplateRedshift fixed({.codec = "given"}, learned_templates());
  const auto templates = fixed.templates().all().begin()->second.clone();
  fixed.fit(batch);
  EXPECT_TRUE(at::equal(templates, fixed.templates().all().begin()->second));
  auto unlabelled = batch;
  unlabelled.blocks.erase("redshift");
  EXPECT_THAT([&] { model.fit(unlabelled); }, ThrowsMessage<base::UserError>(HasSubstr("learn_means")));
}

TEST(TemplateRedshift, RefusesWhatItCannotDo) {
  auto model = template_model();
  auto batch = redshifted_batch(8, 5);
  EXPECT_THAT([&] { model.predict(batch, {.given = {}, .targets = {"mass"}}); },
              ThrowsMessage<base::UserError>(HasSubstr("'redshift' alone")));
  EXPECT_THAT([&] { model.predict(batch, {.given = {"spectrum_desi"}, .targets = {"redshift"}}); },
              ThrowsMessage<base::UserError>(HasSubstr("'spectrum_sdss'")));
  EXPECT_THAT([&] { model.codec("redshif"); }, ThrowsMessage<base::UserError>(HasSubstr("'redshift'")));
  for (auto& z : std::get<modalities::ScalarBlock>(batch.blocks.at("redshift")).value) z = 3;
  EXPECT_THROW(model.loss(batch), nn::NothingToLearn) << "beyond the templates";
  batch.blocks.erase("redshift");
  EXPECT_THROW(model.loss(batch), nn::NothingToLearn);
}

}  // namespace
}  // namespace asterism::models
