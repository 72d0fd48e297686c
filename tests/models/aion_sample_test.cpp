#include "models/aion_sample.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/random.h"
#include "models/maskgit.h"
#include "tiny_aion.h"
#include "tiny_aion_sky.h"

namespace asterism::models {
namespace {

Aion& tiny_sampled() {
  static Aion model(tiny::aion_config(), 3);
  static const bool shaken = (tiny::shake(model.parameters()), true);
  (void)shaken;
  return model;
}

std::vector<AionTokens> scalars(int64_t n) {
  return {{"tok_ebv", tiny::random_ids("tok_ebv", n)}, {"tok_flux_g", tiny::random_ids("tok_flux_g", n, 0, 2)}};
}

// An object's tokens do not depend on what else is in the batch, nor on its order: 16,000 tokens of 1,000 objects drawn
// all together, in the opposite order, and in batches of other sizes. Rounding may turn a draw that was close, and what
// is drawn after it.
TEST(AionSample, NoiseBelongsToTheObject) {
  const int64_t n = 1000;
  const auto sky = tiny::sky(n);
  const auto model = tiny::aion_of(sky);
  const auto given = model->inputs().tokens(sky, {"flux_g", "flux_r"});
  const auto draw = [&](const std::vector<int64_t>& objects, const AionSampling& how) {
    auto inputs = given;
    std::vector<uint64_t> keys;
    for (const int64_t i : objects) keys.push_back(sky.objects[size_t(i)].hash());
    for (auto& t : inputs) {
      t.ids_NL = t.ids_NL.index_select(0, at::tensor(objects));
      t.hidden_NL = t.hidden_NL.index_select(0, at::tensor(objects));
    }
    return sample_aion(*model, inputs, "key_image", keys, how);
  };
  std::vector<int64_t> forward(static_cast<size_t>(n));
  std::iota(forward.begin(), forward.end(), 0);
  const std::vector<int64_t> backward(forward.rbegin(), forward.rend());
  for (const char* scheme : {"maskgit", "roar"}) {
    AionSampling how;
    how.scheme = scheme;
    how.steps = 4;
    how.seed = 9;
    const auto all = draw(forward, how);
    ASSERT_EQ(all.sizes(), at::IntArrayRef({n, 16}));
    const auto equal = [&](const at::Tensor& ids) { return ids.eq(all).to(at::kDouble).mean().item<double>(); };
    EXPECT_EQ(equal(draw(forward, how)), 1) << scheme;
    EXPECT_GE(equal(draw(backward, how).flip({0})), 0.999) << scheme;
    for (const int64_t size : {37, 400}) {
      std::vector<at::Tensor> parts;
      for (int64_t first = 0; first < n; first += size)
        parts.push_back(draw({forward.begin() + first, forward.begin() + std::min(first + size, n)}, how));
      EXPECT_GE(equal(at::cat(parts)), 0.999) << scheme << " in batches of " << size;
    }
    how.seed = 10;
    EXPECT_LT(equal(draw(forward, how)), 0.5) << scheme;
  }
}

// Conditions are named as datasets name them, or by their keys.
TEST(AionSample, GuidanceGoesByTheNamesOfDatasets) {
  const auto sky = tiny::sky(30);
  const auto model = tiny::aion_of(sky);
  PredictRequest request;
  request.given = {"flux_g", "flux_r"};
  request.targets = {"image_legacy"};
  request.sampler.guidance.of = {{"flux_g", 3}, {"flux_r", -1}};
  const auto asked = model->predict(sky, request).blocks.at("image_legacy").ids_NT[0];
  AionSampling how, plain;
  how.seed = plain.seed = base::stable_hash("image_legacy");
  how.guidance.of = {{"key_flux_g", 3}, {"key_flux_r", -1}};
  std::vector<uint64_t> keys;
  for (const auto& object : sky.objects) keys.push_back(object.hash());
  const auto given = model->inputs().tokens(sky, request.given);
  EXPECT_TRUE(at::equal(asked, sample_aion(*model, given, "key_image", keys, how)));
  EXPECT_FALSE(at::equal(asked, sample_aion(*model, given, "key_image", keys, plain)));
  request.sampler.guidance.of = {{"redshift", 3}};
  EXPECT_THROW(model->predict(sky, request), base::UserError);
}

// Several draws at once share the encoding of the first round, and each is what its seed gives alone.
TEST(AionSample, SeveralSeedsAreEachAlone) {
  const std::vector<uint64_t> keys{11, 12}, seeds{9, 10};
  AionSampling how;
  how.steps = 3;
  const auto inputs = scalars(2);
  const auto check = [&](const std::vector<AionTokens>& given, const std::string& target) {
    const auto together = sample_aion(tiny_sampled(), given, target, keys, how, seeds);
    ASSERT_EQ(together.size(), 2U);
    for (size_t s = 0; s < seeds.size(); ++s) {
      auto own = how;
      own.seed = seeds[s];
      EXPECT_TRUE(at::equal(together[s], sample_aion(tiny_sampled(), given, target, keys, own)))
          << how.scheme << ", seed " << own.seed;
    }
    EXPECT_FALSE(at::equal(together[0], together[1])) << how.scheme;
  };
  for (const char* scheme : {"maskgit", "roar"})
    for (const double guidance : {1.0, 2.5}) {
      how.scheme = scheme;
      how.guidance = guidance;
      check(inputs, "tok_xp_bp");
    }
  how.guidance = 1;
  check({}, "tok_xp_bp");
  how.scheme = "autoregressive";
  check(inputs, "catalog");
}

// One token: the draws follow the model's own probabilities.
TEST(AionSample, DrawsFollowTheLogits) {
  const int64_t n = 2000;
  std::vector<AionTokens> inputs{{"tok_ebv", at::full({n, 1}, 7, at::kLong)}};
  std::vector<uint64_t> keys(static_cast<size_t>(n));
  std::iota(keys.begin(), keys.end(), 1);
  const auto logits =
      tiny_sampled().logits_at({{"tok_ebv", at::full({1, 1}, 7, at::kLong)}}, "tok_z", at::ones({1, 1}, at::kBool));
  const auto p = at::softmax(logits.narrow(1, 0, 1024), 1).squeeze(0).to(at::kDouble);
  const auto ids = sample_aion(tiny_sampled(), inputs, "tok_z", keys, {});
  EXPECT_LT(ids.max().item<int64_t>(), 1024) << "the code that no redshift has";
  const auto wanted = at::arange(1024, at::kDouble).mul(p).sum(),
             variance = (at::arange(1024, at::kDouble) - wanted).square().mul(p).sum();
  EXPECT_NEAR(ids.to(at::kDouble).mean().item<double>(), wanted.item<double>(),
              4 * std::sqrt(variance.item<double>() / double(n)));
  AionSampling cold;
  cold.temperature = 0;
  EXPECT_TRUE(sample_aion(tiny_sampled(), inputs, "tok_z", keys, cold)
                  .eq(logits.narrow(1, 0, 1024).argmax(1))
                  .all()
                  .item<bool>());
  AionSampling few;
  few.top_k = 3;
  const auto best = std::get<1>(logits.narrow(1, 0, 1024).topk(3, 1)).squeeze(0);
  EXPECT_TRUE(at::isin(sample_aion(tiny_sampled(), inputs, "tok_z", keys, few), best).all().item<bool>());
}

// All weight on the conditional world is no guidance; none is what the model says when nothing is given.
TEST(AionSample, GuidanceMixesLogits) {
  AionSampling how;
  how.steps = 3;
  const auto inputs = scalars(2);
  const std::vector<uint64_t> keys{1, 2};
  const auto plain = sample_aion(tiny_sampled(), inputs, "tok_xp_bp", keys, how);
  auto guided = how;
  guided.guidance.of = {{"tok_ebv", 0.0}, {"tok_flux_g", 0.0}};
  auto nothing = inputs;
  for (auto& t : nothing) t.hidden_NL = at::ones({2, 1}, at::kBool);
  const auto prior = sample_aion(tiny_sampled(), nothing, "tok_xp_bp", keys, how);
  EXPECT_GE(
      sample_aion(tiny_sampled(), inputs, "tok_xp_bp", keys, guided).eq(prior).to(at::kDouble).mean().item<double>(),
      0.95);
  guided.guidance.of = {{"tok_ebv", 1.0}};
  auto one = inputs;
  one.pop_back();
  EXPECT_GE(sample_aion(tiny_sampled(), inputs, "tok_xp_bp", keys, guided)
                .eq(sample_aion(tiny_sampled(), one, "tok_xp_bp", keys, how))
                .to(at::kDouble)
                .mean()
                .item<double>(),
            0.95);
  guided.guidance = 3;
  EXPECT_LT(
      sample_aion(tiny_sampled(), inputs, "tok_xp_bp", keys, guided).eq(plain).to(at::kDouble).mean().item<double>(),
      0.9);
  guided.guidance.of = {{"tok_z", 1.0}};
  EXPECT_THROW(sample_aion(tiny_sampled(), inputs, "tok_xp_bp", keys, guided), base::UserError);
}

// Two conditions of different weight, one against the prior: the draws are those of l_u + w_1 (l_1 - l_u) + w_2
// (l_2 - l_u), made here from the logits of each world.
TEST(AionSample, SeveralConditionsAreMixedByTheirWeights) {
  const int64_t n = 40;
  const auto inputs = scalars(n);
  std::vector<uint64_t> keys(static_cast<size_t>(n));
  std::iota(keys.begin(), keys.end(), 1);
  for (const char* target : {"tok_z", "tok_xp_bp"}) {
    const auto all = at::ones({n, find_aion_modality(target)->tokens()}, at::kBool);
    const auto logits_of = [&](bool ebv, bool flux) {
      auto shown = inputs;
      if (!ebv) shown[0].hidden_NL = at::ones({n, 1}, at::kBool);
      if (!flux) shown[1].hidden_NL = at::ones({n, 1}, at::kBool);
      return tiny_sampled().logits_at(shown, target, all).to(at::kDouble).narrow(1, 0, 1024);
    };
    const auto prior = logits_of(false, false);
    const auto by_hand = prior + 2.5 * (logits_of(true, false) - prior) - 0.75 * (logits_of(false, true) - prior);
    AionSampling how;
    how.steps = 1;
    how.seed = 6;
    how.guidance.of = {{"tok_ebv", 2.5}, {"tok_flux_g", -0.75}};
    const auto uniform = keyed_uniforms(all.logical_not(), keys, how.seed, 0);
    const auto same = [&](const AionSampling& asked, double temperature) {
      const auto drawn = sample_aion(tiny_sampled(), inputs, target, keys, asked);
      const auto wanted = draw_codes(by_hand, uniform, temperature).ids_R;
      return drawn.flatten().eq(wanted).to(at::kDouble).mean().item<double>();
    };
    EXPECT_GE(same(how, 1), 0.995) << target;
    how.temperature = 0;
    EXPECT_GE(same(how, 0), 0.995) << target;
    how.guidance.of["tok_flux_g"] = 0.75;
    EXPECT_LT(same(how, 0), 0.9) << target << ": the sign of a weight counts";
  }
}

// Keys and values kept from token to token give what the whole sequence at once gives (teacher forcing, in training).
TEST(AionSample, KeptKeysAreTheWholeSequence) {
  const auto ids = tiny::random_ids("catalog", 2, 9).clamp_min(1);
  const auto given = scalars(2);
  const auto visible = [](int64_t length) { return at::zeros({2, length}, at::kBool); };
  const auto hidden = [](int64_t length) { return at::ones({2, length}, at::kBool); };
  const auto loss =
      tiny_sampled().loss({{"tok_ebv", given[0].ids_NL, visible(1), hidden(1), at::zeros({2, 1}, at::kLong)},
                           {"tok_flux_g", given[1].ids_NL, visible(1), hidden(1), at::zeros({2, 1}, at::kLong)},
                           {"catalog", ids, hidden(9), visible(9), at::ones({2, 9}, at::kLong)}},
                          0, 0);
  const auto ln_p = aion_log_likelihood_N(tiny_sampled(), given, {"catalog", ids});
  EXPECT_NEAR(ln_p.sum().item<double>(), -16 * loss.by_modality.at("catalog").item<double>(), 1e-3);
}

TEST(AionSample, SequencesEnd) {
  AionSampling how;
  how.scheme = "autoregressive";
  const auto ids = sample_aion(tiny_sampled(), scalars(2), "catalog", {5, 6}, how);
  EXPECT_EQ(ids.sizes(), at::IntArrayRef({2, 50}));
  EXPECT_TRUE(ids.select(1, 0).eq(2).all().item<bool>());
  how.last_id = ids[0][7].item<int64_t>();
  const auto cut = sample_aion(tiny_sampled(), scalars(2), "catalog", {5, 6}, how);
  int64_t end = 0;
  while (cut[0][end].item<int64_t>() != how.last_id) ++end;
  EXPECT_LE(end, 7);
  EXPECT_TRUE(cut[0].narrow(0, end + 1, 49 - end).eq(0).all().item<bool>());
  EXPECT_THROW(sample_aion(tiny_sampled(), scalars(2), "catalog", {5, 6}, {}), base::UserError);
  EXPECT_THROW(sample_aion(tiny_sampled(), scalars(2), "tok_z", {5, 6}, how), base::UserError);
}

TEST(AionSample, LikelihoodIsOfTheLogits) {
  const auto given = scalars(3);
  const auto truth = tiny::random_ids("tok_xp_bp", 3);
  const auto ln_p = aion_log_likelihood_N(tiny_sampled(), given, {"tok_xp_bp", truth});
  const auto logits = tiny_sampled().logits(given, {"tok_xp_bp"}).at("tok_xp_bp").to(at::kDouble);
  const auto wanted = at::log_softmax(logits, 2).gather(2, truth.unsqueeze(2)).sum({1, 2});
  EXPECT_TRUE(at::allclose(ln_p, wanted, 1e-4, 1e-3));
}

TEST(AionSample, ChainedTargetsBecomeInputs) {
  const auto chain = sample_aion_chain(tiny_sampled(), scalars(2), {"tok_z", "tok_xp_bp"}, {1, 2}, {});
  ASSERT_EQ(chain.size(), 2U);
  EXPECT_EQ(chain[1].ids_NL.sizes(), at::IntArrayRef({2, 55}));
  EXPECT_THROW(sample_aion(tiny_sampled(), scalars(2), "tok_ebv", {1, 2}, {}), base::UserError);
  EXPECT_THROW(sample_aion(tiny_sampled(), scalars(2), "tok_z", {1}, {}), base::UserError);
}

}  // namespace
}  // namespace asterism::models
