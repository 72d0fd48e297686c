#include "train/aion_objective.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "base/error.h"
#include "base/random.h"
#include "base/temporary_folder.h"
#include "modalities/scalar.h"
#include "models/all.h"
#include "tests/train/tiny_objects.h"
#include "tokenizers/all.h"
#include "train/loop.h"

namespace asterism::train {
namespace {

using testing::HasSubstr;

AionObjectiveSettings small_aion() {
  AionObjectiveSettings settings;
  settings.width = 32;
  settings.heads = 2;
  settings.depth = 1;
  for (const auto* name : {"flux_g", "flux_r"}) settings.of[name].target = false;
  settings.of["redshift"].input_weight = 0;
  models::MixtureSettings part;
  part.all_inputs = true;
  settings.mixture["all"] = part;
  return settings;
}

std::string refusal(const AionObjectiveSettings& settings) {
  try {
    settings.make(1);
    return "";
  } catch (const base::UserError& error) {
    return error.what();
  }
}

at::Tensor found_redshifts(const models::Model& model) {
  models::PredictRequest request;
  request.given = {"flux_g", "flux_r"};
  request.targets = {"redshift"};
  return dynamic_cast<const models::Predictor&>(model)
      .predict(eight_objects(), request)
      .scalars.at("redshift")
      .median_N();
}

// From nothing to a published folder that another process would load, and on from there.
TEST(AionObjective, LearnsByHeartAndGoesOnFromWhatItSaved) {
  const base::TemporaryFolder folder;
  const auto objective = small_aion().make(1);
  data::MemorySource source(eight_objects(), {.batch_size = 8, .seed = 1});
  train(*objective, source, nullptr, by_heart(200, 3e-3), {.folder = folder / "run"});
  const auto saved = models::load_model(folder / "run" / "model");
  EXPECT_EQ(saved->kind(), "aion");
  const auto z = found_redshifts(*saved);
  for (int64_t i = 0; i < 8; ++i) EXPECT_NEAR(z[i].item<double>(), 0.1 + 0.1 * double(i), 0.06) << i;

  auto settings = small_aion();
  settings.start = folder / "run";
  const auto next = settings.make(2);
  next->prepare(eight_objects());
  EXPECT_TRUE(at::allclose(found_redshifts(dynamic_cast<AionObjective&>(*next).model()), z))
      << "other weights or codecs";
  const auto loss = next->step(eight_objects(), {.training = false}).loss.item<double>();
  settings.depth = 2;
  EXPECT_THAT(refusal(settings), HasSubstr("model.depth = 2 has no effect"));
  settings.depth = 1;
  settings.of.erase("flux_r");
  settings.make(2)->save(folder / "fewer");
  EXPECT_TRUE(at::allclose(found_redshifts(*models::load_model(folder / "fewer")), z)) << "a codec was lost";
  const auto fresh = small_aion().make(1);
  fresh->prepare(eight_objects());
  EXPECT_LT(loss, 0.5 * fresh->step(eight_objects(), {.training = false}).loss.item<double>());
}

// Tables that another sample gave would make other codes of the same fluxes than those that the weights know.
TEST(AionObjective, WeightsOfAnotherModelBringTheirCodecs) {
  const base::TemporaryFolder folder;
  const auto objective = small_aion().make(1);
  data::MemorySource source(eight_objects(), {.batch_size = 8, .seed = 1});
  train(*objective, source, nullptr, by_heart(200, 3e-3), {.folder = folder / "run"});
  const auto z = found_redshifts(*models::load_model(folder / "run" / "model"));
  auto others = eight_objects();
  for (const char* name : {"flux_g", "flux_r"})
    for (auto& value : std::get<modalities::ScalarBlock>(others.blocks.at(name)).value) value = 3 * value + 40;
  const auto next = small_aion().make(2);
  next->prepare(others);
  next->start_from(folder / "run" / "model");
  EXPECT_TRUE(at::equal(found_redshifts(dynamic_cast<AionObjective&>(*next).model()), z));
  tokenizers::make_tokenizer("aion_log_scalar", R"({"published_as": "FLUX_G"})")->save(folder / "codec");
  auto settings = small_aion();
  settings.of["flux_g"].codec = folder / "codec";
  const auto third = settings.make(2);
  third->prepare(others);
  try {
    third->start_from(folder / "run" / "model");
    FAIL() << "codes that mean something else were taken";
  } catch (const base::UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("model.modalities.flux_g.codec"));
  }
}

// Objects of which flux_r is flux_g within a tenth: a thousand steps of a flux, each met once or twice.
modalities::Batch two_fluxes(int64_t n, uint64_t seed) {
  modalities::Batch out;
  auto g = modalities::make_scalars(n, "nanomaggy", true), r = g;
  base::Random random(seed, 0, 0, "two fluxes");
  for (int64_t i = 0; i < n; ++i) {
    const auto at = size_t(i);
    out.objects.push_back({.survey = "test", .id = std::to_string(seed * 100000 + uint64_t(i))});
    g.present[at] = r.present[at] = 1;
    g.value[at] = std::exp(3 * random.uniform());
    r.value[at] = g.value[at] * std::exp(0.1 * random.normal());
    g.error[at] = r.error[at] = 0.01;
  }
  out.blocks = {{"flux_g", g}, {"flux_r", r}};
  return out;
}

// Drawn code by code, the tables would have taught nothing of it by then: a loss of ln(1,024) = 6.93.
TEST(AionObjective, CodesOfNumbersAreKnownToBeInOrder) {
  const base::TemporaryFolder folder;
  auto settings = small_aion();
  settings.of.clear();
  settings.of["flux_g"].target = false;
  settings.of["flux_r"].input_weight = 0;
  const auto objective = settings.make(1);
  data::MemorySource source(two_fluxes(2000, 1), {.batch_size = 200, .seed = 1});
  train(*objective, source, nullptr, by_heart(80, 3e-3), {.folder = folder / "run"});
  EXPECT_LT(objective->step(two_fluxes(500, 2), {.training = false}).loss.item<double>(), 6.2);
}

TEST(AionObjective, MasksBelongToTheObject) {
  auto settings = small_aion();
  settings.of["flux_g"].target = settings.of["flux_r"].target = true;
  settings.of["redshift"].input_weight = 1;
  settings.mixture.clear();
  const auto objective = settings.make(1);
  objective->prepare(eight_objects());
  const auto loss = [&](int64_t epoch) {
    return objective->step(eight_objects(), {.seed = 3, .epoch = epoch}).loss.item<double>();
  };
  EXPECT_EQ(loss(0), loss(0));
  EXPECT_NE(loss(0), loss(1));
  auto without = eight_objects();
  std::get<modalities::ScalarBlock>(without.blocks.at("flux_g")).present.assign(8, 0);
  EXPECT_TRUE(objective->step(without, {.seed = 3}).loss.isfinite().item<bool>());
  for (auto& [name, block] : without.blocks) std::visit([](auto& b) { b.present.assign(b.present.size(), 0); }, block);
  EXPECT_THROW(objective->step(without, {.seed = 3}), base::UserError);
}

// Where no object of a batch has a modality, nothing is known of its loss: a 0 would be averaged with the others.
TEST(AionObjective, TellsNoLossOfWhatIsNotThere) {
  auto settings = small_aion();
  settings.of["flux_g"].target = true;
  settings.mixture.clear();
  const auto objective = settings.make(1);
  auto batch = eight_objects();
  objective->prepare(batch);
  auto& flux = std::get<modalities::ScalarBlock>(batch.blocks.at("flux_g")).present;
  flux.assign(8, 0);
  const auto figures = objective->step(batch, {.seed = 3, .training = false}).figures;
  EXPECT_FALSE(figures.contains("loss/tok_flux_g"));
  EXPECT_GT(figures.at("loss/tok_z").item<double>(), 0);
}

TEST(AionObjective, RefusesWhatThePackageCouldNotLoad) {
  auto settings = small_aion();
  settings.of["redshft"] = {};
  EXPECT_THAT(refusal(settings), HasSubstr("'redshift'"));
  settings = small_aion();
  settings.of["image_legacy"] = {};
  EXPECT_THAT(refusal(settings), HasSubstr("model.modalities.image_legacy.codec"));
  settings = small_aion();
  settings.heads = 3;
  EXPECT_THAT(refusal(settings), HasSubstr("multiple"));
  settings = small_aion();
  settings.of["redshift"].target = false;
  EXPECT_THAT(refusal(settings), HasSubstr("none is a target"));
  EXPECT_THAT(refusal(AionObjectiveSettings()), HasSubstr("model.modalities"));
}

// The published layout has one codec for the spectra of all surveys: the second would be lost, and the saved model read
// them by the first.
TEST(AionObjective, RefusesTwoCodecsWhereTheLayoutHasOne) {
  const base::TemporaryFolder folder;
  const char* small =
      R"({"encoder_dims": [4, 4, 4, 8], "encoder_depths": [1, 1, 1, 1], "decoder_dims": [8, 4, 4, 2],
          "decoder_depths": [1, 1, 1, 1], "latent_channels": 8})";
  for (const uint64_t seed : {1, 2})
    tokenizers::make_tokenizer("aion_spectrum", small, seed)->save(folder / std::to_string(seed));
  std::filesystem::copy(folder / "1", folder / "copy", std::filesystem::copy_options::recursive);
  auto settings = small_aion();
  settings.of["spectrum_desi"].codec = folder / "1";
  settings.of["spectrum_sdss"].codec = folder / "copy";
  const auto objective = settings.make(1);
  objective->save(folder / "model");
  EXPECT_EQ(models::load_model(folder / "model")->modalities(),
            (std::vector<std::string>{"flux_g", "flux_r", "redshift", "spectrum_desi", "spectrum_sdss"}));
  settings.of["spectrum_sdss"].codec = folder / "2";
  EXPECT_THAT(refusal(settings), AllOf(HasSubstr("model.modalities.spectrum_sdss"), HasSubstr(folder / "2"),
                                       HasSubstr("spectrum_desi"), HasSubstr(folder / "1")));
  // that of a model to go on from, which is not trained on, is saved too
  settings = small_aion();
  settings.start = folder / "model";
  settings.of["spectrum_sdss"].codec = folder / "2";
  EXPECT_THAT(refusal(settings), HasSubstr("spectrum_desi"));
}

}  // namespace
}  // namespace asterism::train
