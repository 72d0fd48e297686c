#include "models/specformer.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/nn/seeded_noise.h"

namespace asterism::models {
namespace {

SpecFormerSettings specformer_settings() {
  SpecFormerSettings s;
  s.slice = 6;
  s.overlap = 2;
  s.width = 8;
  s.layers = 2;
  s.heads = 2;
  s.hidden = 16;
  s.max_tokens = 12;
  return s;
}

TEST(SpecFormer, SlicesAreThoseOfThePublishedCode) {
  EXPECT_EQ(slices_of(7781, 20, 10), 777);
  EXPECT_EQ(slices_of(7780, 20, 10), 776);  // begun at 0, 10 ... 7760; the last, whole or not, is left out
  EXPECT_EQ(slices_of(20, 20, 10), 0);
  EXPECT_EQ(slices_of(31, 20, 10), 2);
  const auto flux = tests::seeded_noise({2, 23}, 1) * 3 + 5;
  const auto tokens = slice_spectra(flux, 6, 2);
  ASSERT_EQ(tokens.sizes(), (std::vector<int64_t>{2, 6, 8}));
  const auto wide = flux.to(at::kDouble);
  const auto mean = wide.mean(1), deviation = ((wide - mean.unsqueeze(1)).square().sum(1) / 22).sqrt();
  for (int64_t i = 0; i < 2; ++i) {
    EXPECT_NEAR(tokens[i][0][0].item<double>(), (mean[i].item<double>() - 2) / 2, 1e-6);
    EXPECT_NEAR(tokens[i][0][1].item<double>(), (deviation[i].item<double>() - 2) / 8, 1e-6);
    EXPECT_NEAR(tokens[i][3][2 + 4].item<double>(),  // slice 2 begins at pixel 8
                (wide[i][12].item<double>() - mean[i].item<double>()) / deviation[i].item<double>(), 1e-5);
  }
  EXPECT_EQ(tokens.narrow(1, 1, 5).narrow(2, 0, 2).abs().max().item<float>(), 0);
  EXPECT_EQ(tokens.select(1, 0).narrow(1, 2, 6).abs().max().item<float>(), 0);
}

TEST(SpecFormer, ExtremeSpectraStayFinite) {
  const auto flux = at::stack({at::zeros({40}), at::full({40}, -3e37), at::arange(40) * 8e36});
  const auto tokens = slice_spectra(flux.to(at::kFloat), 6, 2);
  EXPECT_TRUE(at::isfinite(tokens).all().item<bool>());
  EXPECT_NEAR(tokens[0][0][1].item<double>(), (0.2 - 2) / 8, 1e-6) << "the least deviation";
  EXPECT_THROW(slice_spectra(at::zeros({1, 6}), 6, 2), base::UserError);
}

TEST(SpecFormer, ACausalOneSeesWhatCameBeforeAlone) {
  for (const bool causal : {true, false}) {
    nn::Parameters parameters;
    auto s = specformer_settings();
    s.causal = causal;
    const SpecFormer model(nn::Scope(parameters, 2), s);
    const auto tokens = tests::seeded_noise({1, 9, 8}, 3);
    auto changed = tokens.clone();
    changed.select(1, 5).add_(1);
    const auto a = model(tokens), b = model(changed);
    EXPECT_EQ(at::allclose(a.narrow(1, 0, 5), b.narrow(1, 0, 5), 1e-5, 1e-6), causal);
    EXPECT_FALSE(at::allclose(a.narrow(1, 5, 4), b.narrow(1, 5, 4), 1e-5, 1e-6));
    const auto attention = model.attention(tokens, 1, 2, 3);
    EXPECT_TRUE(at::allclose(attention.sum(-1), at::ones({1, 2, 3})));
    EXPECT_EQ(attention.narrow(2, 0, 1).narrow(3, 3, 6).abs().max().item<float>() == 0, causal);
  }
}

TEST(SpecFormer, LayersNamesAndErrors) {
  nn::Parameters parameters;
  const SpecFormer model(nn::Scope(parameters, 2), specformer_settings());
  for (const char* name : {"data_embed.weight", "position_embed.weight", "blocks.1.attention.attention.bias",
                           "blocks.0.mlp.decoder.weight", "final_layernorm.bias", "head.weight"})
    EXPECT_TRUE(parameters.parameters().contains(name)) << name;
  const auto tokens = model.tokens(tests::seeded_noise({2, 40}, 1));
  EXPECT_EQ(model.rebuild(model(tokens)).sizes(), tokens.sizes());
  EXPECT_FALSE(at::allclose(model(tokens, 0), model(tokens, 1)));
  EXPECT_THROW(model(tokens, 2), base::UserError);
  EXPECT_THROW(model.tokens(tests::seeded_noise({1, 60}, 1)), base::UserError) << "more tokens than positions";
  EXPECT_THROW(model(tests::seeded_noise({1, 9, 7}, 1)), base::UserError);
}

TEST(SpecFormer, HiddenStretchesAndTheirLoss) {
  const auto tokens = tests::seeded_noise({2, 20, 4}, 7);
  const auto start = at::tensor({0.0f, 0.99f, 0.5f, 0.0f}).view({2, 2});
  const auto masked = mask_stretches(tokens, 2, 4, start);
  const auto hidden = masked.ne(tokens).any(2);
  EXPECT_EQ(hidden.sum(1).sum().item<int64_t>(), 16);
  EXPECT_TRUE(hidden[0].narrow(0, 0, 4).all().item<bool>());
  EXPECT_TRUE(hidden[0].narrow(0, 15, 4).all().item<bool>()) << "begun at 10 + 5";
  EXPECT_TRUE(hidden[1].narrow(0, 3, 4).all().item<bool>());
  EXPECT_EQ(masked.masked_select(hidden.unsqueeze(2)).abs().max().item<float>(), 0);
  const auto rebuilt = tests::seeded_noise({2, 20, 4}, 8);
  const double expected = (rebuilt - tokens).square().masked_select(hidden.unsqueeze(2)).mean().item<double>();
  EXPECT_NEAR(masked_token_loss(rebuilt, tokens, masked).item<double>(), expected, 1e-6);
  EXPECT_EQ(masked_token_loss(rebuilt, tokens, tokens).item<double>(), 0) << "nothing hidden";
}

}  // namespace
}  // namespace asterism::models
