#include "train/any_to_any_objective.h"

#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "tests/train/golden.h"
#include "tests/train/tiny_objects.h"
#include "tokenizers/scalar_bins.h"
#include "train/metrics_log.h"

namespace asterism::train {
namespace {

AnyToAnyObjectiveSettings any_to_any_settings() {
  AnyToAnyObjectiveSettings settings;
  settings.model.width = 32;
  settings.model.heads = 2;
  settings.model.encoder_layers = settings.model.decoder_layers = 1;
  for (const auto* name : {"flux_g", "flux_r"}) settings.model.modalities[name].target = false;
  auto& redshift = settings.model.modalities["redshift"];
  redshift.input = "none";
  redshift.bins = 8;
  redshift.soft_bins = 0;
  models::MixtureSettings part;
  part.all_inputs = true;
  settings.model.mixture["all"] = part;
  return settings;
}

TEST(AnyToAnyObjective, LearnsEightObjectsByHeart) {
  base::TemporaryFolder folder;
  const auto objective = any_to_any_settings().make(1);
  data::MemorySource source(eight_objects(), {.batch_size = 8, .seed = 1});
  train(*objective, source, nullptr, by_heart(250, 3e-3), {.folder = folder / "run"});
  const auto curve = curve_of(read_metrics(folder / "run" / "metrics.jsonl"), "loss");
  EXPECT_LT(curve.values.back(), 0.35 * curve.values.front());
  const auto& model = dynamic_cast<AnyToAnyObjective&>(*objective).model();
  models::PredictRequest request;
  request.given = {"flux_g", "flux_r"};
  request.targets = {"redshift"};
  const auto median = model.predict(eight_objects(), request).scalars.at("redshift").median_N();
  for (int64_t i = 0; i < 8; ++i) EXPECT_NEAR(median[i].item<double>(), 0.1 + 0.1 * double(i), 0.06) << i;
}

// Other data than the run began with (--accept-changes): the weights grew on the old bins, so these come back.
TEST(AnyToAnyObjective, ResumingBringsTheBinsBack) {
  base::TemporaryFolder folder;
  auto model_of = [](Objective& objective) -> const models::AnyToAny& {
    return dynamic_cast<AnyToAnyObjective&>(objective).model();
  };
  auto edges = [&](Objective& objective) {
    return dynamic_cast<const tokenizers::ScalarBins&>(model_of(objective).codec("redshift")).edges().clone();
  };
  const auto first = any_to_any_settings().make(1);
  data::MemorySource source(eight_objects(), {.batch_size = 8, .seed = 1});
  train(*first, source, nullptr, by_heart(2, 1e-3), {.folder = folder / "run"});
  auto other = eight_objects();
  for (auto& z : std::get<modalities::ScalarBlock>(other.blocks.at("redshift")).value) z *= 3;
  data::MemorySource other_source(other, {.batch_size = 8, .seed = 1});
  const auto second = any_to_any_settings().make(1);
  second->prepare(other);
  EXPECT_FALSE(at::equal(edges(*second), edges(*first)));
  train(*second, other_source, nullptr, by_heart(4, 1e-3),
        {.folder = folder / "run", .resume = true, .accept_changes = true});
  EXPECT_TRUE(at::equal(edges(*second), edges(*first)));
  const auto saved = models::AnyToAny::load(folder / "run" / "model");
  EXPECT_TRUE(at::equal(dynamic_cast<const tokenizers::ScalarBins&>(saved->codec("redshift")).edges(), edges(*first)));
}

// Posteriors that an untrained model makes ten times too sharp are widened again before the model is saved.
TEST(AnyToAnyObjective, PosteriorsAreCalibratedOnTheValidationSide) {
  const auto objective = any_to_any_settings().make(1);
  auto& model = const_cast<models::AnyToAny&>(dynamic_cast<AnyToAnyObjective&>(*objective).model());
  std::vector<modalities::Batch> batches(16, eight_objects());
  objective->prepare(batches[0]);
  at::NoGradGuard no_grad;
  for (const auto& [name, weight] : model.parameters().parameters())
    if (name.find("to_logits.weight") != std::string::npos) weight.mul_(100);
  auto likelihood = [&] { return model.log_likelihood_N(batches[0], {}, "redshift").mean().item<double>(); };
  const double before = likelihood();
  objective->calibrate(std::span(batches).first(1));  // eight objects: too few, nothing is done
  EXPECT_EQ(likelihood(), before);
  objective->calibrate(batches);
  EXPECT_GT(likelihood(), before + 0.1);
}

// A target that cannot be calibrated, being read off nothing that its objects have, leaves the others theirs.
TEST(AnyToAnyObjective, WhatCannotBeCalibratedDoesNotStopTheOthers) {
  auto settings = any_to_any_settings();
  settings.model.modalities["a_parallax"] = settings.model.modalities["redshift"];
  const auto objective = settings.make(1);
  auto& model = const_cast<models::AnyToAny&>(dynamic_cast<AnyToAnyObjective&>(*objective).model());
  auto with_flux = eight_objects();
  auto& none = std::get<modalities::ScalarBlock>(
      with_flux.blocks["a_parallax"] = std::get<modalities::ScalarBlock>(with_flux.blocks.at("redshift")));
  auto without = with_flux;
  objective->prepare(with_flux);
  std::fill(none.present.begin(), none.present.end(), uint8_t{0});
  for (const char* name : {"flux_g", "flux_r", "redshift"})
    std::visit([](auto& block) { std::fill(block.present.begin(), block.present.end(), uint8_t{0}); },
               without.blocks.at(name));
  std::vector<modalities::Batch> batches(32, with_flux);
  batches.resize(64, without);
  at::NoGradGuard no_grad;
  for (const auto& [name, weight] : model.parameters().parameters())
    if (name.find("to_logits.weight") != std::string::npos) weight.mul_(100);
  auto likelihood = [&] { return model.log_likelihood_N(with_flux, {}, "redshift").mean().item<double>(); };
  const double before = likelihood();
  objective->calibrate(batches);
  EXPECT_GT(likelihood(), before + 0.1);
}

TEST(AnyToAnyObjective, FirstLossesAreTheGoldenOnes) {
  expect_golden("any_to_any", *any_to_any_settings().make(1), 1e-3);
}

TEST(AnyToAnyObjective, SeedOfTheRunUnlessItHasItsOwn) {
  auto settings = any_to_any_settings();
  const auto a = settings.make(1), b = settings.make(2), c = settings.make(1);
  auto weights = [](const Objective& objective) {
    std::vector<at::Tensor> out;
    for (const auto& entry : const_cast<Objective&>(objective).parameters().parameters())
      out.push_back(entry.second.flatten());
    return at::cat(out);
  };
  EXPECT_TRUE(at::equal(weights(*a), weights(*c)));
  EXPECT_FALSE(at::equal(weights(*a), weights(*b)));
}

}  // namespace
}  // namespace asterism::train
