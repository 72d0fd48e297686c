#include "models/adapted.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "models/any_to_any.h"
#include "models/contrastive.h"
#include "models/masked_spectrum.h"
#include "nn/nothing_to_learn.h"
#include "nn/optim.h"
#include "tiny_aion_sky.h"
#include "tiny_backbones.h"
#include "tiny_sky.h"
#include "tokenizers/weights_file.h"

namespace asterism::models {
namespace {

class AdaptedModel : public testing::Test {
 protected:
  AdaptedModel() {
    AnyToAny backbone(tiny::sky_model(), tiny::codecs(batch_));
    backbone.fit(batch_);
    backbone.save(folder_ / "any");
    MaskedSpectrumSettings spectrum;
    spectrum.patch = 8;
    spectrum.width = 16;
    spectrum.heads = 2;
    spectrum.layers = 1;
    MaskedSpectrum(spectrum).save(folder_ / "spectrum");
    tiny::aion_of_sky(batch_)->save(folder_ / "aion");
  }
  AdaptedSettings settings(const std::string& adapt, const std::string& backbone = "any") const {
    AdaptedSettings s;
    s.backbone = folder_ / backbone;
    s.adapt = adapt;
    s.target = "redshift";
    if (backbone == "any" || backbone == "aion") s.given = {"flux_g", "flux_r", "spectrum_desi"};
    s.bins = 16;
    s.components = 3;
    if (adapt == "attentive") s.heads = 2;
    if (adapt == "lora") s.rank = 2;
    return s;
  }
  double train(Adapted& model, int64_t steps, double rate = 1e-2) const {
    nn::AdamWSettings how;
    how.weight_decay = 0;
    nn::AdamW optimiser(model.parameters(), how);
    double last = 0;
    for (int64_t step = 0; step < steps; ++step) {
      model.parameters().zero_grad();
      const auto outcome = model.loss(batch_);
      outcome.loss.backward();
      nn::clip_gradients(model.parameters().trainable(), 1);
      optimiser.step(rate);
      last = outcome.loss.item<double>();
    }
    return last;
  }
  // At 1e-2 wide heads jump about, and where they are after so many steps is the processor's last digit.
  static double rate_of(const Adapted& model) {
    const auto& adapt = model.settings().adapt;
    return adapt == "linear" || adapt == "attentive" ? 1e-2 : 2e-3;
  }
  static PredictRequest redshift() {
    PredictRequest request;
    request.targets = {"redshift"};
    return request;
  }
  at::Tensor answer(const Adapted& model) const {
    return model.predict(batch_, redshift()).scalars.at("redshift").median_N();
  }
  base::TemporaryFolder folder_;
  modalities::Batch batch_ = tiny::sky(16);
};

TEST_F(AdaptedModel, EveryWayLearnsAndComesBackFromDisk) {
  for (const char* backbone : {"any", "spectrum", "aion"})
    for (const char* adapt : {"linear", "mlp", "attentive", "tokens", "lora", "full"}) {
      SCOPED_TRACE(std::string(backbone) + " " + adapt);
      Adapted model(settings(adapt, backbone));
      model.fit(batch_);
      const auto vectors = model.embed(batch_, {}).vectors_ND.clone();
      const double before = model.loss(batch_).loss.item<double>();
      EXPECT_LT(train(model, 40, rate_of(model)), before - 0.15);
      const bool changed = !at::equal(model.embed(batch_, {}).vectors_ND, vectors);
      EXPECT_EQ(changed, !model.settings().frozen()) << "of the backbone";
      model.save(folder_ / "adapted");
      const auto back = Adapted::load(folder_ / "adapted");
      EXPECT_TRUE(at::allclose(answer(*back), answer(model), 1e-5, 1e-6));
      EXPECT_TRUE(at::allclose(back->embed(batch_, {}).vectors_ND, model.embed(batch_, {}).vectors_ND, 1e-5, 1e-6));
    }
}

TEST_F(AdaptedModel, AModelOfPairsIsTrainedOnToTellClasses) {
  Contrastive pairs(tiny::contrastive_model());
  pairs.fit(batch_);
  pairs.save(folder_ / "pairs");
  auto kind = tiny::scalar(16, false);
  for (int64_t i = 0; i < 16; ++i) kind.value[size_t(i)] = tiny::hidden(0, i) > 0.5 ? 1 : 0;
  batch_.blocks["kind"] = kind;
  auto s = settings("full", "pairs");
  s.given = {"spectrum_desi"};
  s.target = "kind";
  s.task = "classification";
  s.classes = 2;
  s.components = AdaptedSettings().components;
  Adapted model(s);
  model.fit(batch_);
  const double before = model.loss(batch_).loss.item<double>();
  EXPECT_LT(train(model, 60, 2e-3), before - 0.1);
  PredictRequest request;
  request.targets = {"kind"};
  const auto posterior = model.predict(batch_, request).scalars.at("kind");
  EXPECT_TRUE(at::equal(posterior.edges_E(), at::tensor({-0.5, 0.5, 1.5}, at::kDouble)));
  EXPECT_TRUE(at::allclose(posterior.probability_NK().sum(1), at::ones({16}, at::kDouble)));
  model.save(folder_ / "adapted");
  const auto back = Adapted::load(folder_ / "adapted")->predict(batch_, request).scalars.at("kind");
  EXPECT_TRUE(at::allclose(back.probability_NK(), posterior.probability_NK(), 1e-5, 1e-6));
}

TEST_F(AdaptedModel, AFinishedDinoModelIsTrainedOnInTheNetworkThatGivesItsVectors) {
  for (const char* weights : {"teacher", "student"}) {
    auto dino = tiny::dino_model();
    dino.weights = weights;
    Dino(dino).save(folder_ / "views");
    for (const char* adapt : {"linear", "tokens", "lora", "full"}) {
      SCOPED_TRACE(std::string(weights) + " " + adapt);
      Adapted model(settings(adapt, "views"));
      model.fit(batch_);
      const auto vectors = model.embed(batch_, {}).vectors_ND.clone();
      const double before = model.loss(batch_).loss.item<double>();
      EXPECT_LT(train(model, 40, rate_of(model)), before - 0.1);
      EXPECT_EQ(!at::equal(model.embed(batch_, {}).vectors_ND, vectors), !model.settings().frozen());
    }
  }
}

// The whole network is below the gradient of lora and full: what the house's other gradient checks do not reach.
TEST_F(AdaptedModel, GradientsThroughTheBackbone) {
  const std::pair<const char*, const char*> all[] = {
      {"any", "lora"}, {"any", "full"}, {"aion", "lora"}, {"aion", "full"}};
  for (const auto& [backbone, adapt] : all) {
    Adapted model(settings(adapt, backbone));
    model.fit(batch_);
    train(model, 3);
    model.parameters().zero_grad();
    model.loss(batch_).loss.backward();
    const std::string name =
        std::string(adapt) == "lora" ? "encoder.0.mlp.fc1.weight.up" : "backbone.encoder.0.mlp.fc1.weight";
    const auto& weight = model.parameters().parameters().at(name);
    const auto direction = weight.grad() / weight.grad().norm();
    const double slope = weight.grad().norm().item<double>();
    auto loss_at = [&](double by) {
      at::NoGradGuard no_grad;
      weight.detach().add_(direction, by);
      const double loss = model.loss(batch_).loss.item<double>();
      weight.detach().sub_(direction, by);
      return loss;
    };
    EXPECT_NEAR((loss_at(5e-3) - loss_at(-5e-3)) / 1e-2, slope, 0.02 * slope + 1e-4) << backbone << ' ' << adapt;
  }
}

TEST_F(AdaptedModel, AdaptersAreMergedOrKept) {
  auto how = settings("lora");
  Adapted merged(how);
  how.merge = false;
  Adapted kept(how);
  for (auto* model : {&merged, &kept}) {
    model->fit(batch_);
    train(*model, 10);
  }
  merged.save(folder_ / "merged");
  kept.save(folder_ / "kept");
  const auto base = AnyToAny::load(folder_ / "any"), changed = AnyToAny::load(folder_ / "merged" / "backbone"),
             same = AnyToAny::load(folder_ / "kept" / "backbone");
  const char* name = "encoder.0.attn.qkv.weight";
  const auto of = [&](const auto& model) { return model->parameters().parameters().at(name); };
  EXPECT_FALSE(at::equal(of(base), of(changed)));
  EXPECT_TRUE(at::equal(of(base), of(same)));
  EXPECT_TRUE(
      at::allclose(answer(*Adapted::load(folder_ / "merged")), answer(*Adapted::load(folder_ / "kept")), 1e-4, 1e-5));
}

TEST_F(AdaptedModel, TheTargetIsNeverAnInput) {
  Adapted model(settings("linear"));
  model.fit(batch_);
  for (const auto& name : model.modalities()) EXPECT_NE(name, "redshift");
  auto hidden = batch_;
  hidden.blocks.erase("redshift");
  EXPECT_TRUE(at::equal(answer(model), model.predict(hidden, redshift()).scalars.at("redshift").median_N()));
  EmbedRequest request;
  request.given = {"redshift"};
  EXPECT_THROW(model.embed(batch_, request), base::UserError);
}

TEST_F(AdaptedModel, OnlyLabelledObjectsThatAreSeenAreLearnedFrom) {
  Adapted model(settings("linear", "spectrum"));
  model.fit(batch_);
  auto some = batch_;
  tiny::remove(some, "redshift", 2);
  tiny::remove(some, "spectrum_desi", 3);
  EXPECT_EQ(model.loss(some).weight, 14);
  for (int64_t i = 0; i < 16; ++i) tiny::remove(some, "redshift", i);
  EXPECT_THROW(model.loss(some), nn::NothingToLearn);
}

// What the backbone made of an object is remembered, of another observation of it not.
TEST_F(AdaptedModel, AnObjectObservedAgainIsLookedAtAgain) {
  auto again = batch_;
  auto& spectra = std::get<modalities::SpectrumBlock>(again.blocks.at("spectrum_desi"));
  for (size_t i = 0; i < spectra.flux.size(); i += 3) spectra.flux[i] *= -2;
  for (const char* adapt : {"linear", "attentive"}) {
    SCOPED_TRACE(adapt);
    auto s = settings(adapt, "spectrum");
    Adapted remembers(s);
    s.cache = false;
    Adapted looks(s);
    remembers.fit(batch_);
    looks.fit(batch_);
    for (const auto* batch : {&batch_, &again, &batch_})
      EXPECT_NEAR(remembers.loss(*batch).loss.item<double>(), looks.loss(*batch).loss.item<double>(), 1e-5);
  }
}

TEST_F(AdaptedModel, ForgettingIsAFreshStart) {
  for (const char* backbone : {"any", "spectrum", "aion"}) {
    Adapted a(settings("full", backbone)), b(settings("full", backbone));
    const auto before = a.embed(batch_, {}).vectors_ND;
    a.backbone().forget(5);
    b.backbone().forget(5);
    EXPECT_FALSE(at::allclose(a.embed(batch_, {}).vectors_ND, before));
    EXPECT_TRUE(at::equal(a.embed(batch_, {}).vectors_ND, b.embed(batch_, {}).vectors_ND));
  }
}

// What the query of the head picks of an object's tokens is a vector too, and what is asked of the backbone goes on.
TEST_F(AdaptedModel, TheHeadsVectorIsAskedForByName) {
  Adapted model(settings("attentive", "spectrum"));
  model.fit(batch_);
  train(model, 5);
  auto some = batch_;
  tiny::remove(some, "spectrum_desi", 3);
  const auto out = model.pooled(some, {}, "attentive");
  EXPECT_EQ(out.vectors_ND.sizes(), at::IntArrayRef({16, 16}));
  EXPECT_FALSE(out.vectors_ND.requires_grad());
  EXPECT_FALSE(out.present_N[3].item<bool>());
  EXPECT_EQ(out.vectors_ND[3].abs().max().item<float>(), 0);
  EXPECT_FALSE(at::allclose(out.vectors_ND[0], model.embed(some, {}).vectors_ND[0], 1e-2, 1e-2));
  const auto alone = model.pooled(modalities::select(some, {5}), {}, "attentive");
  EXPECT_TRUE(at::allclose(alone.vectors_ND[0], out.vectors_ND[5], 1e-4, 1e-5));
  EmbedRequest request;
  request.normalise = true;
  EXPECT_NEAR(model.pooled(some, request, "attentive").vectors_ND[0].norm().item<double>(), 1, 1e-5);
  request.layer = 0;
  EXPECT_THROW(model.pooled(some, request, "attentive"), base::UserError);
  EXPECT_TRUE(model.pools().contains("tokens"));
  EXPECT_EQ(model.token_rows(some, {}).names, std::vector<std::string>{"spectrum_desi"});
  Adapted linear(settings("linear", "spectrum"));
  linear.fit(batch_);
  EXPECT_THROW(linear.pooled(some, {}, "attentive"), base::UserError);
}

TEST_F(AdaptedModel, WrongRequestsAreRefused) {
  auto wrong = settings("linear");
  wrong.given = {"spectrum_dezi"};
  EXPECT_THROW(Adapted{wrong}, base::UserError);
  Adapted model(settings("linear"));
  model.fit(batch_);
  PredictRequest other = redshift();
  other.targets = {"flux_g"};
  EXPECT_THROW(model.predict(batch_, other), base::UserError);
  EXPECT_THROW(model.codec("flux_g"), base::UserError);
  auto unlabelled = batch_;
  unlabelled.blocks.erase("redshift");
  EXPECT_THROW(model.fit(unlabelled), base::UserError);
}

TEST_F(AdaptedModel, SavedBeforeTemperaturesItLoadsWithoutOne) {
  Adapted model(settings("mlp"));
  model.fit(batch_);
  model.save(folder_ / "old");
  const auto file = folder_ / "old" / "model.safetensors";
  auto weights = tokenizers::read_weights(file);
  ASSERT_EQ(weights.erase("head.temperature"), 1u);
  tokenizers::write_weights(file, weights, {{"format", "pt"}});
  PredictRequest request;
  request.targets = {"redshift"};
  const auto median = [&](const Adapted& of) { return of.predict(batch_, request).scalars.at("redshift").median_N(); };
  EXPECT_TRUE(at::equal(median(*Adapted::load(folder_ / "old")), median(model)));
}

}  // namespace
}  // namespace asterism::models
