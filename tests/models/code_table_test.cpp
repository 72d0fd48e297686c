#include "models/code_table.h"

#include <gtest/gtest.h>

#include <numbers>

#include "base/temporary_folder.h"
#include "models/ordered_codes.h"
#include "models/token_embedding.h"
#include "models/wrap.h"
#include "nn/linear.h"
#include "nn/optim.h"
#include "tiny_sky.h"
#include "tokenizers/scalar_bins.h"

namespace asterism::models {
namespace {

std::shared_ptr<tokenizers::ScalarBins> bins_of(int64_t count) {
  tokenizers::ScalarBinsSettings settings;
  settings.bins = count;
  settings.spacing = "linear";
  auto bins = std::make_shared<tokenizers::ScalarBins>(settings);
  auto ramp = tiny::scalar(count, false);
  for (int64_t i = 0; i < count; ++i) ramp.value[size_t(i)] = double(i) + 0.5;
  bins->fit(ramp);
  return bins;
}

at::Tensor table_of(const tokenizers::Tokenizer& codec, const std::string& kind, int64_t width = 32) {
  nn::Parameters parameters;
  return code_table(nn::Scope(parameters, 3) / "codes", codec, token_grid(codec, kind), width).weight.detach();
}

at::Tensor drawn(int64_t codes, int64_t width = 32) {
  nn::Parameters parameters;
  return nn::Embedding(nn::Scope(parameters, 3) / "codes", codes, width, 0.5).weight.detach();
}

double apart(const at::Tensor& table, int64_t a, int64_t b) { return (table[a] - table[b]).norm().item<double>(); }

TEST(CodeTable, StepsOfANumberBeginInOrder) {
  const auto table = table_of(*bins_of(256), "scalar");
  EXPECT_TRUE(at::equal(table, ordered_codes(256, 32, 0.5, 3, "codes.weight")));
  EXPECT_GT(apart(drawn(256), 100, 101), 4 * apart(table, 100, 101));
}

// Levels 5 and 3: code = first digit + 5 x second.
TEST(CodeTable, CodesOfAQuantiserBeginByTheirDigits) {
  const auto codecs = tiny::codecs(tiny::sky(6));
  const auto image = table_of(*codecs.at("image_legacy"), "image");
  ASSERT_EQ(image.size(0), 15);
  EXPECT_NEAR(image.square().mean().sqrt().item<double>(), 0.5, 0.15);
  for (const int64_t second : {0, 5, 10}) {
    EXPECT_LT(apart(image, second + 1, second + 2), apart(image, second, second + 4)) << "a step, and four";
    EXPECT_NEAR(apart(image, second + 1, second + 2), apart(image, 1, 2), 1e-5) << "whatever the other digit is";
  }
  EXPECT_LT(apart(image, 0, 5), apart(image, 0, 10));
}

TEST(CodeTable, CodesWithoutAPlaceKeepVectorsOfTheirOwn) {
  tokenizers::SpectrumCodecSettings settings;
  settings.pixels = 64;
  settings.strides = {4, 2};
  settings.depths = {1, 1};
  settings.widths = {8, 8};
  settings.levels = {5, 3};
  settings.norm_bins = 20;
  const auto spectrum = table_of(tokenizers::SpectrumCodec(settings, 2), "spectrum"), own = drawn(20);
  ASSERT_EQ(spectrum.size(0), 20);
  EXPECT_TRUE(at::equal(spectrum.narrow(0, 15, 5), own.narrow(0, 15, 5))) << "norms beyond the codes";
  EXPECT_FALSE(at::allclose(spectrum.narrow(0, 0, 15), own.narrow(0, 0, 15)));
  settings.quantiser = "vq";
  settings.vq_codes = 24;
  EXPECT_TRUE(at::equal(table_of(tokenizers::SpectrumCodec(settings, 2), "spectrum"), drawn(24)));
}

// Every other code is met in training; what is asked are those between.
double error_between(bool in_order) {
  constexpr int64_t kCodes = 256, kWidth = 32;
  nn::Parameters parameters;
  const nn::Scope scope(parameters, 5);
  const auto bins = bins_of(kCodes);
  const TokenEmbedding embedding(scope / "input", bins, token_grid(*bins, "scalar"), kWidth);
  const nn::Linear head(scope / "head", kWidth, 1, true, nn::Init::zeros());
  const auto table = parameters.parameters().at("input.codes.weight");
  if (!in_order) {
    const at::NoGradGuard no_grad;
    table.copy_(nn::initial_value(table.sizes(), nn::Init::normal(0.5), 5, "input.codes.weight"));
  }
  auto values = tiny::scalar(kCodes, false);
  for (int64_t i = 0; i < kCodes; ++i) values.value[size_t(i)] = double(i) + 0.5;
  const modalities::Block block = values;
  const auto view = embedding.view(block);
  const auto loss = [&](int64_t first) {
    const auto code = at::arange(first, kCodes, 2, at::kLong);
    const auto truth = at::sin(code.to(at::kFloat) * (2 * std::numbers::pi / kCodes)) * std::numbers::sqrt2;
    return (head(embedding.embed(view, code, at::zeros_like(code))).squeeze(1) - truth).square().mean();
  };
  nn::AdamW optimizer(parameters, {});
  for (int i = 0; i < 60; ++i) {
    parameters.zero_grad();
    loss(0).backward();
    optimizer.step(1e-2);
  }
  return loss(1).item<double>();
}

TEST(CodeTable, WhatACodeTeachesItsNeighboursKnow) {
  const double ordered = error_between(true), apart = error_between(false);
  EXPECT_LT(ordered, 0.1);
  EXPECT_GT(apart, 0.5) << "where codes begin with vectors of their own nothing is known of those not met (variance 1)";
}

// As programs wrote them in which every code began with a vector of its own.
TEST(CodeTable, OlderModelsLoadBitForBit) {
  const auto batch = tiny::sky(6);
  auto settings = tiny::sky_model();
  for (auto& [name, m] : settings.modalities) m.input = name == "flux_r" ? "both" : "tokens";
  AnyToAny old(settings, tiny::codecs(batch));
  old.fit(batch);
  int tables = 0;
  for (const auto& [name, weight] : old.parameters().parameters())
    if (name.starts_with("input.") && name.ends_with("codes.weight")) {
      const at::NoGradGuard no_grad;
      weight.copy_(nn::initial_value(weight.sizes(), nn::Init::normal(0.5), 0, name));
      ++tables;
    }
  EXPECT_EQ(tables, 5);
  const base::TemporaryFolder folder;
  old.save(folder / "model");
  const auto loaded = AnyToAny::load(folder / "model");
  for (const auto& [name, weight] : old.parameters().all())
    EXPECT_TRUE(at::equal(loaded->parameters().all().at(name), weight)) << name;
  EXPECT_TRUE(at::equal(loaded->embed(batch, {}).vectors_ND, old.embed(batch, {}).vectors_ND));
}

TEST(CodeTable, GivenWeightsAreTaken) {
  nn::Parameters parameters;
  const auto bins = bins_of(16);
  nn::GivenWeights given({{"weight", at::full({16, 4}, 2.5)}}, "a file");
  EXPECT_TRUE(code_table(nn::Scope(parameters, given), *bins, token_grid(*bins, "scalar"), 4)
                  .weight.eq(2.5)
                  .all()
                  .item<bool>());
}

}  // namespace
}  // namespace asterism::models
