#include "models/contrastive.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "../nn/gradient_check.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "io/json.h"
#include "modalities/light_curve.h"
#include "nn/autocast.h"
#include "nn/nothing_to_learn.h"
#include "nn/optim.h"
#include "tiny_backbones.h"

namespace asterism::models {
namespace {

Contrastive fitted(const ContrastiveSettings& settings, const modalities::Batch& batch) {
  Contrastive model(settings);
  model.fit(batch);
  return model;
}

at::Tensor vectors_of(const Contrastive& model, const modalities::Batch& batch, const std::string& given) {
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
  const auto a = vectors_of(model, batch, "image_legacy").to(at::kDouble),
             b = vectors_of(model, batch, "spectrum_desi").to(at::kDouble);
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
  const auto a = vectors_of(model, batch, "image_legacy").to(at::kDouble),
             b = vectors_of(model, batch, "spectrum_desi").to(at::kDouble);
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
  const auto sum = vectors_of(model, batch, "image_legacy") + vectors_of(model, batch, "spectrum_desi");
  EmbedRequest both;
  both.given = {"image_legacy", "spectrum_desi"};
  EXPECT_TRUE(
      at::allclose(model.embed(batch, both).vectors_ND, sum / at::linalg_vector_norm(sum, 2, {-1}, true), 1e-4, 1e-5));
  EXPECT_THROW(vectors_of(model, batch, "image_legcy"), base::UserError);
  EmbedRequest layer;
  layer.layer = 0;
  EXPECT_THROW(model.embed(batch, layer), base::UserError);
}

// Gradients of every parameter by name, of the whole batch at once or in pieces.
std::map<std::string, at::Tensor> contrastive_gradients(Contrastive& model, const modalities::Batch& batch,
                                                        const DrawKey& key, int64_t pieces, double* loss = nullptr) {
  model.parameters().zero_grad();
  const auto outcome = pieces == 0 ? model.loss(batch, key) : model.add_gradient(batch, key, pieces);
  if (pieces == 0) outcome.loss.backward();
  EXPECT_EQ(outcome.loss.requires_grad(), pieces == 0);
  if (loss != nullptr) *loss = outcome.loss.item<double>();
  std::map<std::string, at::Tensor> out;
  for (const auto& [name, tensor] : model.parameters().parameters())
    if (tensor.grad().defined()) out[name] = tensor.grad().clone();
  return out;
}

void expect_same(const std::map<std::string, at::Tensor>& a, const std::map<std::string, at::Tensor>& b,
                 double tolerance) {
  ASSERT_EQ(a.size(), b.size());
  double scale = 0;
  for (const auto& [name, tensor] : a) scale = std::max(scale, tensor.abs().max().item<double>());
  for (const auto& [name, tensor] : a)
    EXPECT_LE((tensor - b.at(name)).abs().max().item<double>(), tolerance * scale) << name;
}

TEST(Contrastive, PiecesHaveTheGradientOfTheWhole) {
  auto batch = tiny::sky(11);
  tiny::remove(batch, "image_legacy", 2);
  tiny::remove(batch, "spectrum_desi", 7);
  for (const char* loss : {"infonce", "siglip"}) {
    auto settings = tiny::contrastive_model();
    settings.loss = loss;
    settings.keep_tokens = 0.5;  // drawn by object: the same in any piece
    auto model = fitted(settings, batch);
    const DrawKey key{1, 3, true};
    double whole = 0, cut = 0;
    const auto expected = contrastive_gradients(model, batch, key, 0, &whole);
    EXPECT_TRUE(expected.contains("temperature_logit"));
    for (const int64_t pieces : {1, 2, 3, 11, 50}) {
      expect_same(expected, contrastive_gradients(model, batch, key, pieces, &cut), 1e-5);
      EXPECT_NEAR(cut, whole, 1e-5 * whole);
    }
    Contrastive exact(settings, at::kDouble);
    exact.fit(batch);
    expect_same(contrastive_gradients(exact, batch, key, 0), contrastive_gradients(exact, batch, key, 3), 1e-12);
    // a mean over the pieces' own losses is something else: the negatives are the batch's
    model.parameters().zero_grad();
    model.loss(modalities::select(batch, {0, 1, 3, 4, 5}), key).loss.backward();
    const auto name = "tower.image_legacy.project.fc2.weight";
    EXPECT_FALSE(at::allclose(model.parameters().parameters().at(name).grad(), expected.at(name), 1e-2, 1e-4));
  }
}

TEST(Contrastive, PiecesAddUpUnderDropoutAndMixedPrecision) {
  auto settings = tiny::contrastive_model();
  settings.dropout = 0.2;
  const auto batch = tiny::sky(8);
  auto model = fitted(settings, batch);
  expect_same(contrastive_gradients(model, batch, {1, 3, true}, 3),
              contrastive_gradients(model, batch, {1, 3, true}, 3), 0);
  for (const auto& [name, tensor] : contrastive_gradients(model, batch, {1, 3, true}, 3))
    EXPECT_TRUE(at::isfinite(tensor).all().item<bool>()) << name;
  settings.dropout = 0;
  auto exact = fitted(settings, batch);
  const auto expected = contrastive_gradients(exact, batch, {1, 3, true}, 0);
  const nn::Autocast autocast(nn::Precision::bf16);
  const auto found = contrastive_gradients(exact, batch, {1, 3, true}, 2);
  ASSERT_EQ(found.size(), expected.size()) << "weights cast without a graph must not be taken again";
  expect_same(expected, found, 0.1);
}

TEST(Contrastive, PiecesWithNothingToTellApartSaySo) {
  auto batch = tiny::sky(3);
  auto model = fitted(tiny::contrastive_model(), batch);
  EXPECT_THROW(model.add_gradient(modalities::select(batch, {0}), {}, 2), nn::NothingToLearn);
  EXPECT_THROW(model.add_gradient(modalities::select(batch, {1, 1}), {}, 2), nn::NothingToLearn);
}

TEST(Contrastive, GradientsInFloat64AgreeWithFiniteDifferences) {
  const auto batch = tiny::sky(4);
  for (const char* loss : {"infonce", "siglip"}) {
    auto settings = tiny::contrastive_model();
    settings.loss = loss;
    settings.temperature = 0.3;
    if (settings.loss == "siglip") settings.bias = -2;
    Contrastive model(settings, at::kDouble);
    model.fit(batch);
    std::vector<std::pair<std::string, at::Tensor>> some;
    for (const auto& [name, tensor] : model.parameters().parameters())
      if (name.ends_with("fc2.weight") || name.ends_with("pixels.weight") || name.find("tower") == std::string::npos)
        some.emplace_back(name, tensor);
    test::expect_gradients([&] { return model.loss(batch, {1, 1, true}).loss; }, some, 2, 1e-5, 1e-5);
  }
}

// Constant images, spectra without a pixel, one object many times, and any temperature: finite, or a sentence.
TEST(Contrastive, DegenerateBatchesGiveNoNan) {
  auto batch = tiny::sky(6);
  auto& image = std::get<modalities::ImageBlock>(batch.blocks.at("image_legacy"));
  auto& spectrum = std::get<modalities::SpectrumBlock>(batch.blocks.at("spectrum_desi"));
  std::fill(image.flux.begin(), image.flux.end(), 1.0f);
  std::fill(spectrum.mask.begin(), spectrum.mask.begin() + 3 * tiny::kLength, uint8_t{1});
  for (const char* loss : {"infonce", "siglip"})
    for (const double limit : {-1e4, 1e4}) {
      auto settings = tiny::contrastive_model();
      settings.loss = loss;
      auto model = fitted(settings, batch);
      const at::NoGradGuard no_grad;
      at::Tensor t = model.parameters().parameters().at("temperature_logit");
      t.fill_(limit);
      const at::AutoGradMode with_grad(true);
      const auto some = contrastive_gradients(model, batch, {1, 1, true}, 2);
      for (const auto& [name, tensor] : some) EXPECT_TRUE(at::isfinite(tensor).all().item<bool>()) << name;
    }
  std::fill(spectrum.mask.begin(), spectrum.mask.end(), uint8_t{1});
  auto settings = tiny::contrastive_model();
  settings.towers.erase("scalars");
  EXPECT_THROW(fitted(settings, batch).loss(batch, {1, 1, true}), nn::NothingToLearn) << "no spectrum is seen";
}

// Images, spectra, fluxes and light curves at once, every object without one of them; all six pairs are learned.
TEST(Contrastive, FourModalitiesOfWhichEveryObjectLacksOne) {
  auto batch = tiny::sky(8);
  auto curves = modalities::make_light_curves(8, 6, {{"ztf-g", 4800, 1400}, {"ztf-r", 6400, 1500}}, "mag", "MJD");
  for (int64_t i = 0; i < 8; ++i) {
    std::vector<modalities::LightCurvePoint> points;
    for (int64_t k = 0; k < 3 + i % 3; ++k)
      points.push_back({59000 + double(k * (1 + i)), int32_t(k % 2), 18 + 0.3f * float(i * k % 5), 0.1f});
    modalities::set_points(curves, i, points);
  }
  batch.blocks["light_curve_ztf"] = curves;
  auto settings = tiny::contrastive_model();
  settings.modalities["light_curve_ztf"].kind = "light_curve";
  settings.towers["curves"] = {{"light_curve_ztf"}, 1};
  auto model = fitted(settings, batch);
  tiny::remove(batch, "image_legacy", 0);
  tiny::remove(batch, "spectrum_desi", 1);
  for (const char* flux : {"flux_g", "flux_r"}) tiny::remove(batch, flux, 2);
  std::get<modalities::LightCurveBlock>(batch.blocks.at("light_curve_ztf")).present[3] = 0;
  nn::AdamW optimiser(model.parameters(), {});
  for (int64_t step = 0; step < 80; ++step) {
    model.parameters().zero_grad();
    model.loss(batch, {1, step, true}).loss.backward();
    optimiser.step(3e-3);
  }
  const auto outcome = model.loss(batch, {1, 0, false});
  EXPECT_EQ(outcome.weight, 6) << "each pair lacks two objects";
  int64_t pairs = 0;
  for (const auto& [name, value] : outcome.figures)
    if (name.starts_with("accuracy/")) {
      EXPECT_GE(value.item<float>(), 0.9) << name;
      ++pairs;
    }
  EXPECT_EQ(pairs, 6);
  const base::TemporaryFolder folder;
  model.save(folder / "model");
  EXPECT_TRUE(at::equal(load_model(folder / "model")->embed(batch, {}).vectors_ND, model.embed(batch, {}).vectors_ND));
}

class AlignedBackbones : public testing::Test {
 protected:
  base::TemporaryFolder folder_;
  tiny::BackboneFolders at_{folder_.path()};
};

TEST_F(AlignedBackbones, FrozenOnesStayAndTheirHeadsLearn) {
  const auto batch = tiny::sky(8);
  for (const auto& [image, spectrum] : {std::pair(at_.pair, at_.pair), std::pair(at_.images, at_.spectra)}) {
    const base::TemporaryFolder kept;
    auto model = fitted(tiny::aligned_model(image, spectrum), batch);
    model.keep_features(kept.path());
    std::map<std::string, at::Tensor> before;
    for (const auto& [name, tensor] : model.parameters().all()) before[name] = tensor.detach().clone();
    nn::AdamW optimiser(model.parameters(), {});
    for (int64_t step = 0; step < 150; ++step) {
      model.parameters().zero_grad();
      model.loss(batch, {1, step, true}).loss.backward();
      optimiser.step(3e-3);
    }
    EXPECT_EQ(model.loss(batch, {}).figures.at("accuracy/image_legacy-spectrum_desi").item<float>(), 1);
    for (const auto& [name, tensor] : model.parameters().all()) {
      const bool frozen = name.find(".backbone.") != std::string::npos;
      if (frozen) {
        EXPECT_TRUE(at::equal(tensor, before.at(name))) << name;
      }
    }
  }
}

TEST_F(AlignedBackbones, PiecesHaveTheGradientOfTheWholeWhateverLearns) {
  const auto batch = tiny::sky(7);
  for (const char* freeze : {"all", "1", "none"}) {
    auto settings = tiny::aligned_model(at_.images, at_.spectra);
    settings.towers["image_legacy"].freeze = settings.towers["spectrum_desi"].freeze = freeze;
    auto model = fitted(settings, batch);
    expect_same(contrastive_gradients(model, batch, {1, 1, true}, 0),
                contrastive_gradients(model, batch, {1, 1, true}, 3), 1e-5);
  }
}

TEST_F(AlignedBackbones, TheSavedModelNeedsNoOtherFolder) {
  const auto batch = tiny::sky(4);
  auto settings = tiny::aligned_model(at_.pair, at_.spectra);
  settings.towers["spectrum_desi"].freeze = "1";
  auto model = fitted(settings, batch);
  model.save(folder_ / "aligned");
  std::filesystem::remove_all(at_.pair);
  std::filesystem::remove_all(at_.spectra);
  const auto back = load_model(folder_ / "aligned");
  EXPECT_TRUE(at::equal(back->embed(batch, {}).vectors_ND, model.embed(batch, {}).vectors_ND));
  EXPECT_TRUE(back->checks_instrument()) << "published encoders refuse other images";
  EXPECT_THROW(Contrastive other(settings), base::UserError) << "a new one does";
  auto json = io::read_json(folder_ / "aligned" / "config.json");
  json["backbones"].erase("image_legacy");
  io::write_json(folder_ / "aligned" / "config.json", json);
  EXPECT_THROW(load_model(folder_ / "aligned"), base::DataError);
}

TEST_F(AlignedBackbones, KeepingWhatChangesIsRefused) {
  auto settings = tiny::aligned_model(at_.images, at_.spectra);
  settings.towers["image_legacy"].freeze = settings.towers["spectrum_desi"].freeze = "none";
  EXPECT_THROW(Contrastive(settings).keep_features(folder_ / "kept"), base::UserError);
  EXPECT_THROW(Contrastive(tiny::contrastive_model()).keep_features(folder_ / "kept"), base::UserError);
  settings.towers["image_legacy"].freeze = "3";
  EXPECT_THROW(Contrastive model(settings), base::UserError) << "two blocks";
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
