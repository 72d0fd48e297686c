#include "models/aion.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "io/json.h"
#include "io/safetensors.h"
#include "models/all.h"
#include "tiny_aion.h"
#include "tokenizers/weights_file.h"

namespace asterism::models {
namespace {

std::unique_ptr<Aion> tiny_model(AionConfig config = tiny::aion_config()) {
  auto model = std::make_unique<Aion>(std::move(config), 3);
  tiny::shake(model->parameters());
  return model;
}

// Objects of different lengths packed without padding are what each is alone, and what the padded way gives.
TEST(Aion, PackedIsPadded) {
  const auto model = tiny_model();
  auto inputs = tiny::random_inputs(3);
  const auto generator = at::detail::createCPUGenerator(4);
  for (auto& t : inputs) t.hidden_NL = at::rand(t.ids_NL.sizes(), generator).lt(0.4);
  const auto packed = model->encode(inputs),
             padded = model->encode(inputs, {.budget = 500, .reference_behaviour = true});
  const auto visible_R = padded.hidden_NT.flatten().logical_not().nonzero().squeeze(1);
  ASSERT_EQ(packed.objects.rows(), visible_R.size(0));
  EXPECT_LT(packed.objects.rows(), padded.objects.rows());
  EXPECT_TRUE(at::allclose(packed.context_RD, padded.context_RD.index_select(0, visible_R), 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(packed.plain_RD, padded.plain_RD.index_select(0, visible_R), 1e-4, 1e-5));
  for (int64_t i = 0; i < 3; ++i) {
    auto alone = inputs;
    for (auto& t : alone) {
      t.ids_NL = t.ids_NL.narrow(0, i, 1);
      t.hidden_NL = t.hidden_NL.narrow(0, i, 1);
    }
    const auto one = model->encode(alone);
    EXPECT_TRUE(at::allclose(one.plain_RD,
                             packed.plain_RD.narrow(0, packed.objects.starts[size_t(i)], packed.objects.length(i)),
                             1e-4, 1e-5));
  }
}

TEST(Aion, TheOrderOfModalitiesChangesNothingWithoutABudget) {
  const auto model = tiny_model();
  auto inputs = tiny::random_inputs(2);
  const auto before = model->logits(inputs, {"tok_z", "tok_flux_g"});
  std::reverse(inputs.begin(), inputs.end());
  const auto after = model->logits(inputs, {"tok_flux_g", "tok_z"});
  for (const auto& [key, logits] : before) EXPECT_TRUE(at::allclose(logits, after.at(key), 1e-4, 1e-5)) << key;
}

// A second target moves the logits of the first as the package runs it, and leaves them alone as we do.
TEST(Aion, TargetsDoNotDisturbEachOther) {
  const auto model = tiny_model();
  const auto inputs = tiny::random_inputs(2);
  const auto alone = model->logits(inputs, {"tok_z"}).at("tok_z");
  EXPECT_EQ(alone.sizes(), at::IntArrayRef({2, 1, 1025}));
  EXPECT_TRUE(at::allclose(alone, model->logits(inputs, {"tok_xp_bp", "tok_z"}).at("tok_z"), 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(alone, model->logits(inputs, {"tok_z"}, true).at("tok_z"), 1e-4, 1e-5));
  EXPECT_FALSE(at::allclose(alone, model->logits(inputs, {"tok_xp_bp", "tok_z"}, true).at("tok_z"), 1e-2, 1e-2));
}

// One encoding answers each target as if it alone were asked for, also where the decoder's masks would let them see
// each other.
TEST(Aion, LogitsApartAreThoseOfEachAlone) {
  for (const bool causal : {false, true})
    for (const bool separate : {true, false}) {
      auto config = tiny::aion_config();
      config.decoder_causal_mask = causal;
      config.decoder_sep_mask = separate;
      const auto model = tiny_model(config);
      auto inputs = tiny::random_inputs(3);
      for (auto& t : inputs) {
        t.hidden_NL = at::zeros(t.ids_NL.sizes(), at::kBool);
        t.hidden_NL[1].fill_(true);  // an object with nothing
      }
      const std::vector<std::string> targets{"tok_z", "tok_flux_g", "tok_xp_bp"};
      const auto apart = model->logits_apart(inputs, targets);
      ASSERT_EQ(apart.size(), 3U);
      for (const auto& key : targets)
        EXPECT_TRUE(at::allclose(apart.at(key), model->logits(inputs, {key}).at(key), 1e-4, 1e-5))
            << key << ", causal " << causal << ", separate " << separate;
      if (!separate) {
        EXPECT_FALSE(at::allclose(apart.at("tok_flux_g"), model->logits(inputs, targets).at("tok_flux_g"), 1e-2, 1e-2));
      }
    }
  EXPECT_THROW(tiny_model()->logits_apart(tiny::random_inputs(1), {}), base::UserError);
}

TEST(Aion, PackageBudgetIsAnOption) {
  const auto model = tiny_model();
  const std::vector<AionTokens> many{{"catalog", tiny::random_ids("catalog", 1, 300)}};
  EXPECT_EQ(model->encode(many).objects.rows(), 300);
  EXPECT_EQ(model->encode(many, {.reference_behaviour = true}).objects.rows(), 256);
  EXPECT_EQ(model->encode(many, {.budget = 7}).objects.rows(), 7);
  EXPECT_THROW(model->encode(many, {.budget = -1}), base::UserError);
  EXPECT_THROW(model->encode(many, {.layer = 2}), base::UserError);
  EXPECT_EQ(model->encode(many, {.layer = 0}).objects.rows(), 300);
}

// An object that has nothing visible gets no rows, and its logits are the model's prior, the same for any such object.
TEST(Aion, AnObjectWithoutTokens) {
  const auto model = tiny_model();
  const auto nothing = at::ones({2, 1}, at::kBool);
  const std::vector<AionTokens> inputs{{"tok_ebv", at::tensor({5, 900}), nothing}};
  EXPECT_EQ(model->encode(inputs).objects.rows(), 0);
  const auto logits = model->logits(inputs, {"tok_z"}).at("tok_z");
  EXPECT_TRUE(logits.isfinite().all().item<bool>());
  EXPECT_TRUE(at::allclose(logits[0], logits[1], 1e-5, 1e-6));
}

std::vector<AionExample> examples() {
  const auto visible = [](int64_t length) { return at::zeros({2, length}, at::kBool); };
  const auto hidden = [](int64_t length) { return at::ones({2, length}, at::kBool); };
  const auto all_see_all = [](int64_t length) {
    auto out = at::zeros({2, length}, at::kLong);
    out.select(1, 0).fill_(length);
    return out;
  };
  return {{"tok_ebv", tiny::random_ids("tok_ebv", 2), visible(1), hidden(1), all_see_all(1)},
          {"tok_xp_bp", tiny::random_ids("tok_xp_bp", 2), hidden(55), visible(55), all_see_all(55)},
          {"catalog", tiny::random_ids("catalog", 2, 9), hidden(9), visible(9), at::ones({2, 9}, at::kLong)}};
}

TEST(Aion, LossIsTheMeanCrossEntropy) {
  const auto model = tiny_model();
  const auto e = examples();
  const auto loss = model->loss(e, 0, 0);
  const auto logits = model->logits({{"tok_ebv", e[0].ids_NL}}, {"tok_xp_bp"}).at("tok_xp_bp");
  const auto expected = at::cross_entropy_loss(logits.flatten(0, 1), e[1].ids_NL.flatten());
  EXPECT_NEAR(loss.by_modality.at("tok_xp_bp").item<double>(), expected.item<double>(), 1e-4);
  EXPECT_EQ(loss.by_modality.at("tok_ebv").item<double>(), 0);
  const double sum = loss.by_modality.at("tok_xp_bp").item<double>() + loss.by_modality.at("catalog").item<double>();
  EXPECT_NEAR(loss.total.item<double>(), sum / 3, 1e-5);
  const auto by_token = model->loss(e, 0, 0, AionLossKind::by_token);
  const double xp = 2 * 55 * 1024, catalog = 2 * 8 * 3468;
  EXPECT_NEAR(
      by_token.total.item<double>(),
      (loss.by_modality.at("tok_xp_bp").item<double>() * xp + loss.by_modality.at("catalog").item<double>() * catalog) /
          (xp + catalog),
      1e-4);
}

// The gradient along its own direction against differences of the loss.
TEST(Aion, Gradient) {
  const auto model = tiny_model();
  const auto e = examples();
  model->loss(e, 0, 0).total.backward();
  double squared = 0;
  for (const auto& [name, tensor] : model->parameters().parameters())
    if (tensor.grad().defined()) squared += tensor.grad().square().sum().item<double>();
  ASSERT_GT(squared, 0);
  const double step = 2e-3;
  const auto moved = [&](double by) {
    at::NoGradGuard no_grad;
    for (const auto& [name, tensor] : model->parameters().parameters())
      if (tensor.grad().defined()) tensor.add_(tensor.grad(), by / std::sqrt(squared));
    return model->loss(e, 0, 0).total.item<double>();
  };
  const double up = moved(step), down = moved(-2 * step);
  EXPECT_NEAR((up - down) / (2 * step) / std::sqrt(squared), 1, 0.02);
}

TEST(Aion, SavedIsLoaded) {
  const base::TemporaryFolder folder;
  const auto model = tiny_model();
  model->save(folder / "model");
  const auto file = io::SafetensorsFile::open(folder / "model" / "model.safetensors");
  EXPECT_EQ(file.metadata().at("encoder_embeddings.tok_z.mod_emb"), "decoder_embeddings.tok_z.mod_emb");
  EXPECT_FALSE(file.contains("encoder_embeddings.tok_z.mod_emb"));
  const auto again = load_model(folder / "model");
  EXPECT_EQ(again->kind(), "aion");
  EXPECT_EQ(again->parameters().count(), model->parameters().count());
  const auto inputs = tiny::random_inputs(2);
  EXPECT_TRUE(at::equal(model->encode(inputs).context_RD, dynamic_cast<Aion&>(*again).encode(inputs).context_RD));
}

TEST(Aion, NamesTheWeightThatIsNotFinite) {
  const auto model = tiny_model();
  {
    at::NoGradGuard no_grad;
    model->network().tensor("encoder.1.mlp.fc2.weight")[3][2] = std::numeric_limits<float>::quiet_NaN();
  }
  try {
    model->encode(tiny::random_inputs(1));
    FAIL();
  } catch (const base::DataError& error) {
    EXPECT_NE(std::string(error.what()).find("'encoder.1.mlp.fc2.weight'"), std::string::npos);
  }
}

}  // namespace
}  // namespace asterism::models
