#include "models/any_to_any_network.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

TEST(AnyToAnyNetwork, EmbedsOnlyWhatWasChosen) {
  const auto batch = tiny::sky(4);
  AnyToAny::Network net(tiny::sky_model(), tiny::codecs(batch), at::kFloat);
  net.scalars->fit(batch);
  const auto observed = net.observe(batch, net.choose_inputs({}), std::vector<uint8_t>(5, 0), nullptr);
  std::vector<Rows> rows(5);
  rows[2].object = {1, 3};  // image_legacy is third by name
  rows[2].position = {0, 7};
  rows[0].object = {2};
  rows[0].position = {0};
  EXPECT_EQ(net.names[2], "image_legacy");
  EXPECT_EQ(net.embed_rows(observed, rows, {0, 0, false}).size(0), 3);
  EXPECT_EQ(net.embed_rows(observed, std::vector<Rows>(5), {0, 0, false}).size(0), 0);
}

// Wavelengths as they stand in the batch against edges as they stand in the codec: the tiny codec is logarithmic, the
// tiny spectra are linear. The image goes in smaller than the codec reads it.
TEST(AnyToAnyNetwork, WhatIsAskedForIsNotAmongTheInputs) {
  const auto batch = tiny::sky(30);
  auto settings = tiny::sky_model();
  settings.modalities["image_legacy"].size = 8;
  const auto codecs = tiny::codecs(batch);
  AnyToAny::Network net(settings, codecs, at::kFloat);
  const auto observed = net.observe(batch, net.choose_inputs({}), net.choose_targets({}), nullptr);
  MixtureSettings infilling;
  infilling.all_inputs = true;
  infilling.target_low = infilling.target_high = 8;
  const auto draw = draw_budgets(observed.candidates, observed.hashes, {{"infilling", infilling}}, {1, 1});
  const auto& edges = dynamic_cast<const tokenizers::SpectrumCodec&>(*codecs.at("spectrum_desi")).latent_edges();
  const auto& spectra = std::get<modalities::SpectrumBlock>(batch.blocks.at("spectrum_desi"));
  int64_t compared = 0;
  const auto &asked = draw.targets[4], &given = draw.inputs[4];
  for (size_t t = 0; t < asked.object.size(); ++t) {
    for (size_t p = 0; p < given.object.size() && asked.position[t] > 0; ++p) {
      if (given.object[p] != asked.object[t] || given.position[p] == 0) continue;
      for (int64_t k = 12 * (given.position[p] - 1); k < 12 * given.position[p]; ++k) {
        const double w = spectra.wavelength_angstrom[size_t(given.object[p] * tiny::kLength + k)];
        const auto token = size_t(asked.position[t]);
        EXPECT_FALSE(w > edges[8 * (token - 1)] && w < edges[8 * token]) << w << " A is token " << token;
        ++compared;
      }
    }
  }
  EXPECT_GT(compared, 1000);
  const auto &tokens = draw.targets[2], &patches = draw.inputs[2];
  for (size_t t = 0; t < tokens.object.size(); ++t)
    for (size_t p = 0; p < patches.object.size(); ++p)  // the 2 x 2 patches lie on the inner 2 x 2 of 4 x 4 tokens
      EXPECT_FALSE(patches.object[p] == tokens.object[t] &&
                   (patches.position[p] / 2 + 1) * 4 + patches.position[p] % 2 + 1 == tokens.position[t]);
}

// A spectrum beside the codec's grid is present, but has no codes: it is no target, with and without the cache.
TEST(AnyToAnyNetwork, ObjectsWithoutCodesAreNotAskedFor) {
  auto batch = tiny::sky(4);
  for (int64_t k = 0; k < tiny::kLength; ++k)
    std::get<modalities::SpectrumBlock>(batch.blocks.at("spectrum_desi"))
        .wavelength_angstrom[size_t(2 * tiny::kLength + k)] += 10000;
  AnyToAny::Network net(tiny::sky_model(), tiny::codecs(batch), at::kFloat);
  TokenCache cache;
  for (auto* through : {static_cast<TokenCache*>(nullptr), &cache, &cache}) {
    const auto observed = net.observe(batch, net.choose_inputs({}), net.choose_targets({}), through);
    EXPECT_EQ(observed.candidates[4].askable_N, (std::vector<uint8_t>{1, 1, 0, 1}));
    EXPECT_EQ(observed.candidates[2].askable_N, (std::vector<uint8_t>{1, 1, 1, 1}));
    const auto draw = draw_budgets(observed.candidates, observed.hashes, {}, {1, 1});
    EXPECT_EQ(std::count(draw.targets[4].object.begin(), draw.targets[4].object.end(), 2), 0);
  }
}

// An object of which nothing is given has one row: as zeros, each norm of 24 blocks would turn it a thousand times as
// steeply, and the gradient would leave float32.
TEST(AnyToAnyNetwork, DeepNetworksStandObjectsWithoutInputs) {
  const auto batch = tiny::scalars(6);
  auto settings = tiny::scalar_model();
  settings.encoder_layers = 24;
  settings.decoder_layers = 2;
  settings.bias = false;
  settings.qk_norm = true;
  settings.mixture["nothing"].input_high = 0;
  AnyToAny model(settings);
  model.fit(batch);
  EXPECT_TRUE(model.parameters().parameters().contains("nothing"));
  const auto outcome = model.loss(batch, {1, 1, true});
  EXPECT_EQ(outcome.figures.at("input_tokens").item<double>(), 0);
  outcome.loss.backward();
  for (const auto& [name, tensor] : model.parameters().parameters())
    if (tensor.grad().defined()) {
      EXPECT_TRUE(at::isfinite(tensor.grad()).all().item<bool>()) << name;
    }
  EXPECT_GT(model.parameters().parameters().at("nothing").grad().abs().sum().item<float>(), 0);
  auto shallow = tiny::scalar_model();
  EXPECT_FALSE(AnyToAny(shallow).parameters().parameters().contains("nothing")) << "files of before would not load";
}

TEST(AnyToAnyNetwork, TokensInMode) {
  const auto batch = tiny::sky(4);
  auto settings = tiny::sky_model();
  for (auto& [name, m] : settings.modalities) {
    m.input = "tokens";
    m.patch = ModalitySettings{}.patch;
  }
  AnyToAny model(settings, tiny::codecs(batch));
  model.fit(batch);
  auto outcome = model.loss(batch, {1, 1, true});
  EXPECT_TRUE(at::isfinite(outcome.loss).item<bool>());
  EXPECT_EQ(model.embed(batch, {}).vectors_ND.size(0), 4);
}

TEST(AnyToAnyNetwork, RefusesBatchesThatDoNotFit) {
  auto batch = tiny::sky(4);
  AnyToAny model(tiny::sky_model(), tiny::codecs(batch));
  model.fit(batch);
  auto wrong_kind = batch;
  wrong_kind.blocks["flux_g"] = batch.blocks.at("spectrum_desi");
  EXPECT_THROW(model.embed(wrong_kind, {}), base::UserError);
  auto wrong_rows = batch;
  wrong_rows.objects.pop_back();
  EXPECT_THROW(model.embed(wrong_rows, {}), base::DataError);
}

TEST(AnyToAnyNetwork, TokenizersForUnknownModalitiesAreRefused) {
  const auto batch = tiny::sky(4);
  EXPECT_THROW(AnyToAny(tiny::scalar_model(), tiny::codecs(batch)), base::UserError);
}

}  // namespace
}  // namespace asterism::models
