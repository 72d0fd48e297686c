#include "models/target_head.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "models/any_to_any.h"
#include "models/wrap.h"
#include "tiny_sky.h"
#include "tokenizers/aion/scalar.h"

namespace asterism::models {
namespace {

TEST(TargetHead, ShownCodesEnterTheQueryAndMaskedOnesDoNot) {
  const auto batch = tiny::sky(6);
  nn::Parameters parameters;
  ModalitySettings settings;
  settings.kind = "spectrum";
  const TargetHead head(nn::Scope(parameters, 1), "spectrum_desi", settings, tiny::codecs(batch).at("spectrum_desi"),
                        8);
  const auto mask_token = at::zeros({8});
  auto ask = [&](int64_t id, bool shown) {
    return head.queries(mask_token, copied({3}), at::full({1}, shown, at::kBool), copied({id}));
  };
  EXPECT_TRUE(at::equal(ask(1, false), ask(2, false)));
  EXPECT_FALSE(at::allclose(ask(1, true), ask(2, true)));
}

TEST(TargetHead, CodesThatCannotStandAtAPlaceAreRuledOut) {
  const auto batch = tiny::sky(6);
  nn::Parameters parameters;
  ModalitySettings settings;
  settings.kind = "spectrum";  // 12 bins of normalisation, 15 codes
  const TargetHead head(nn::Scope(parameters, 1), "spectrum_desi", settings, tiny::codecs(batch).at("spectrum_desi"),
                        8);
  const auto logits = head.code_logits(at::zeros({2, 8}), copied({0, 1}));
  EXPECT_EQ(at::isfinite(logits[0]).sum().item<int64_t>(), 12);
  EXPECT_EQ(at::isfinite(logits[1]).sum().item<int64_t>(), 15);
}

// A scalar with a codec of another kind is refused where the model is made, not in its first step.
TEST(TargetHead, AScalarHasBinsOfItsOwn) {
  tokenizers::aion::ScalarSettings of_aion;
  of_aion.codebook_size = 12;
  AnyToAnySettings settings = tiny::scalar_model();
  const Codecs codecs = {{"redshift", std::make_shared<tokenizers::aion::AionScalar>(of_aion)}};
  try {
    AnyToAny model(settings, codecs);
    FAIL();
  } catch (const base::UserError& error) {
    EXPECT_NE(std::string(error.what()).find("'redshift' has a tokenizer of kind 'aion_"), std::string::npos)
        << error.what();
  }
  settings.modalities["redshift"].target = false;
  settings.modalities["redshift"].input = "tokens";
  EXPECT_NO_THROW(AnyToAny(settings, codecs)) << "read, its codes are codes like any other";
}

TEST(TargetHead, ScalarLossIsLeastAtTheTruth) {
  const auto batch = tiny::scalars(50);
  auto bins = std::make_shared<tokenizers::ScalarBins>(tokenizers::ScalarBinsSettings{});
  bins->fit(batch.blocks.at("redshift"));
  nn::Parameters parameters;
  const TargetHead head(nn::Scope(parameters, 1), "redshift", tiny::scalar_settings(), bins, 8);
  EXPECT_TRUE(head.one_token());
  const auto x = at::randn({3, 8}, at::detail::createCPUGenerator(1));
  const auto p = at::softmax(head.logits(x), 1).to(at::kDouble);
  const auto best = bins->centres().index_select(0, p.argmax(1)), worst = bins->centres().index_select(0, p.argmin(1));
  EXPECT_LT(head.value_loss(x, best, 64).item<float>(), head.value_loss(x, worst, 64).item<float>());
  EXPECT_NEAR(head.value_loss(x, best, 2).item<float>(), head.value_loss(x, best, 64).item<float>(), 1e-5);
}

// Of classes, which are not softened over their neighbours, every row is drawn for itself.
TEST(TargetHead, BinsBeginInOrderWhereNeighboursAreAlike) {
  auto bins = std::make_shared<tokenizers::ScalarBins>(tokenizers::ScalarBinsSettings{});
  bins->fit(tiny::scalars(50).blocks.at("redshift"));
  const auto rows = [&](double soft_bins) {
    nn::Parameters parameters;
    auto settings = tiny::scalar_settings();
    settings.soft_bins = soft_bins;
    const TargetHead head(nn::Scope(parameters, 1), "redshift", settings, bins, 64);
    const auto x = at::randn({200, 64}, at::detail::createCPUGenerator(1));
    const auto logits = head.logits(x).detach();
    return (logits - logits.mean(0)) / logits.std(0);
  };
  const auto alike = [](const at::Tensor& z, int64_t a, int64_t b) {
    return (z.select(1, a) * z.select(1, b)).mean().item<double>();
  };
  const auto soft = rows(1), hard = rows(0);
  const int64_t last = soft.size(1) - 1;
  for (const int64_t k : {int64_t{0}, last / 2, last - 1}) {
    EXPECT_GT(alike(soft, k, k + 1), 0.9) << k;
    EXPECT_LT(std::abs(alike(hard, k, k + 1)), 0.5) << k;
  }
  EXPECT_LT(alike(soft, 0, last), 0.5);
}

}  // namespace
}  // namespace asterism::models
