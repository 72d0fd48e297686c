#include "models/maskgit.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "base/error.h"

namespace asterism::models {
namespace {

TEST(Maskgit, CountsSumToTheTokens) {
  for (const char* schedule : {"cosine", "linear"})
    for (const int64_t tokens : {1, 2, 9, 144, 273})
      for (const int64_t steps : {1, 2, 8, 50, 400}) {
        const auto counts = unmask_counts(tokens, steps, schedule);
        EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), int64_t{0}), tokens);
        EXPECT_EQ(int64_t(counts.size()), std::min(tokens, steps));
        for (const int64_t c : counts) EXPECT_GE(c, 1);
      }
  const auto cosine = unmask_counts(100, 4, "cosine");
  EXPECT_LT(cosine.front(), cosine.back());  // few at first
  EXPECT_THROW(unmask_counts(9, 0, "cosine"), base::UserError);
  EXPECT_THROW(unmask_counts(9, 3, "cosin"), base::UserError);
}

TEST(Maskgit, DrawsFollowTheProbabilities) {
  const int64_t rows = 20000;
  const auto p = at::tensor({0.1, 0.6, 0.0, 0.3}, at::kFloat);
  const auto uniform = (at::arange(rows, at::kDouble) + 0.5) / double(rows);
  const auto draw = draw_codes(p.log().expand({rows, 4}), uniform, 1);
  for (int64_t k = 0; k < 4; ++k)
    EXPECT_NEAR(draw.ids_R.eq(k).to(at::kFloat).mean().item<float>(), p[k].item<float>(), 1e-3);
  EXPECT_TRUE(at::allclose(draw.probability_R, p.index_select(0, draw.ids_R), 1e-5));
  EXPECT_TRUE(draw_codes(p.log().expand({5, 4}), uniform.narrow(0, 0, 5), 0).ids_R.eq(1).all().item<bool>());
}

// A joint distribution of two tokens that are always equal: drawn one at a time they agree, at once they need not.
// A sharp row is sure of its draw, unless the temperature has flattened it.
TEST(Maskgit, DrawsAreAsSureAsTheTemperatureLeavesThem) {
  auto logits = at::zeros({2, 1000});
  logits[0][0] = 6;
  logits[1].narrow(0, 5, 995).fill_(-INFINITY);
  const auto uniform = at::zeros({2}, at::kDouble);
  const auto at = [&](double temperature) {
    const auto draw = draw_codes(logits, uniform, temperature);
    return std::pair(draw.probability_R[0].item<double>(), draw.probability_R[1].item<double>());
  };
  const auto [sharp, even] = at(1);
  EXPECT_NEAR(sharp, std::exp(6) / (std::exp(6) + 999), 1e-5);
  EXPECT_NEAR(even, 0.2, 1e-6);
  const auto [flattened, still_even] = at(2);
  EXPECT_NEAR(flattened, std::exp(3) / (std::exp(3) + 999), 1e-5);
  EXPECT_NEAR(still_even, 0.2, 1e-6);
  EXPECT_NEAR(at(0).first, sharp, 1e-6);
}

// Over such a temperature logits are infinite: it is as good as none.
TEST(Maskgit, TheColdestDrawIsTheLikeliestCode) {
  const auto logits = at::tensor({-3.0, 5.0, 4.9, -7.0}).unsqueeze(0);
  for (const double temperature : {1e-12, 1e-40, 1e-300}) {
    const auto draw = draw_codes(logits, at::full({1}, 0.9, at::kDouble), temperature);
    EXPECT_EQ(draw.ids_R[0].item<int64_t>(), 1) << temperature;
    EXPECT_GT(draw.probability_R[0].item<double>(), 0) << temperature;
  }
}

TEST(Maskgit, LaterRoundsSeeWhatEarlierOnesDrew) {
  std::vector<uint64_t> objects(400);
  std::iota(objects.begin(), objects.end(), 1);
  const CodeLogits equal_pair = [](const at::Tensor& ids_NT, const at::Tensor& known_NT, const at::Tensor&) {
    std::vector<at::Tensor> rows;
    for (int64_t n = 0; n < ids_NT.size(0); ++n)
      for (int64_t t = 0; t < 2; ++t) {
        if (known_NT[n][t].item<bool>()) continue;
        auto p = at::zeros({2});
        const bool other_known = known_NT[n][1 - t].item<bool>();
        if (other_known) p[1 - ids_NT[n][1 - t].item<int64_t>()] = -50;
        rows.push_back(p);
      }
    return at::stack(rows);
  };
  const auto slow = maskgit(2, objects, {2, "linear", 1, 5}, equal_pair),
             fast = maskgit(2, objects, {1, "linear", 1, 5}, equal_pair);
  EXPECT_TRUE(at::equal(slow.select(1, 0), slow.select(1, 1)));
  EXPECT_NEAR(slow.to(at::kFloat).mean().item<float>(), 0.5, 0.08);
  EXPECT_FALSE(at::equal(fast.select(1, 0), fast.select(1, 1)));
}

// The first token is the least sure of all, and yet the others are drawn knowing it.
TEST(Maskgit, WhatTheRestIsRelativeToComesFirst) {
  std::vector<int64_t> open_when_first_is_known;
  const auto unsure_first = [&](const at::Tensor&, const at::Tensor& known_NT, const at::Tensor&) {
    if (known_NT[0][0].item<bool>()) open_when_first_is_known.push_back(known_NT.logical_not().sum().item<int64_t>());
    auto logits = at::zeros({known_NT.logical_not().sum().item<int64_t>(), 40});
    logits.select(1, 3) += 20;
    if (!known_NT[0][0].item<bool>()) logits[0].zero_();
    return logits;
  };
  for (const int64_t first : {0, 1}) {
    open_when_first_is_known.clear();
    maskgit(12, {5}, {4, "linear", 1, 3, first}, unsure_first);
    EXPECT_EQ(open_when_first_is_known, first == 1 ? (std::vector<int64_t>{9, 6, 3}) : std::vector<int64_t>{});
  }
}

TEST(Maskgit, NoiseBelongsToTheObject) {
  const CodeLogits flat = [](const at::Tensor&, const at::Tensor&, const at::Tensor& asked_NT) {
    return at::zeros({asked_NT.sum().item<int64_t>(), 50});
  };
  const auto both = maskgit(6, {31, 32}, {3, "cosine", 1, 9}, flat),
             alone = maskgit(6, {32}, {3, "cosine", 1, 9}, flat);
  EXPECT_TRUE(at::equal(both[1], alone[0]));
  EXPECT_FALSE(at::equal(both[0], both[1]));
  EXPECT_FALSE(at::equal(alone, maskgit(6, {32}, {3, "cosine", 1, 10}, flat)));
}

// In a random order a round asks for the tokens that it fixes and for no others; each object goes its own way.
TEST(Maskgit, ARandomOrderAsksForWhatItFixes) {
  std::vector<at::Tensor> asked_of, known_of;
  const CodeLogits flat = [&](const at::Tensor&, const at::Tensor& known_NT, const at::Tensor& asked_NT) {
    asked_of.push_back(asked_NT.clone());
    known_of.push_back(known_NT.clone());
    return at::zeros({asked_NT.sum().item<int64_t>(), 50});
  };
  MaskgitSettings settings{3, "linear", 1, 9, 1};
  settings.scheme = "roar";
  const auto both = maskgit(9, {31, 32}, settings, flat);
  ASSERT_EQ(asked_of.size(), 3u);
  for (size_t round = 0; round < 3; ++round) {
    EXPECT_TRUE(asked_of[round].sum(1).eq(3).all().item<bool>());
    EXPECT_FALSE(asked_of[round].logical_and(known_of[round]).any().item<bool>());
    if (round > 0) {
      EXPECT_TRUE(at::equal(known_of[round], known_of[round - 1].logical_or(asked_of[round - 1])));
    }
  }
  EXPECT_TRUE(asked_of[0].select(1, 0).all().item<bool>()) << "what the rest is relative to";
  EXPECT_FALSE(at::equal(asked_of[0][0], asked_of[0][1]));
  EXPECT_TRUE(at::equal(maskgit(9, {32}, settings, flat)[0], both[1]));
}

// Cut to one code there is nothing to draw; hot rounds before cold ones are other draws than the other way round.
TEST(Maskgit, CutsAndCools) {
  const CodeLogits steep = [](const at::Tensor&, const at::Tensor&, const at::Tensor& asked_NT) {
    return at::linspace(0, 2, 50).expand({asked_NT.sum().item<int64_t>(), 50});
  };
  MaskgitSettings settings{3, "linear", 1, 9};
  settings.top_k = 1;
  EXPECT_TRUE(maskgit(9, {31, 32}, settings, steep).eq(49).all().item<bool>());
  settings.top_k = 0;
  settings.top_p = 1e-4;
  EXPECT_TRUE(maskgit(9, {31, 32}, settings, steep).eq(49).all().item<bool>());
  settings.top_p = 0;
  const auto constant = maskgit(9, {31, 32}, settings, steep);
  EXPECT_FALSE(constant.eq(49).all().item<bool>());
  settings.temperature_schedule = "onex:0.001:4";
  const auto cooled = maskgit(9, {31, 32}, settings, steep);
  EXPECT_GT(cooled.eq(49).sum().item<int64_t>(), constant.eq(49).sum().item<int64_t>());
  settings.temperature_schedule = "cooling";
  EXPECT_THROW(maskgit(9, {31, 32}, settings, steep), base::UserError);
}

TEST(Maskgit, KeepsTheLikely) {
  const auto logits = at::log(at::tensor({0.5, 0.1, 0.25, 0.15}, at::kDouble)).unsqueeze(0);
  const auto kept = [&](double top_k, double top_p) {
    std::vector<int64_t> out;
    const auto cut = keep_likely(logits, top_k, top_p);
    for (int64_t v = 0; v < 4; ++v)
      if (std::isfinite(cut[0][v].item<double>())) out.push_back(v);
    return out;
  };
  EXPECT_EQ(kept(0, 0), (std::vector<int64_t>{0, 1, 2, 3}));
  EXPECT_EQ(kept(2, 0), (std::vector<int64_t>{0, 2}));
  EXPECT_EQ(kept(0.75, 0), (std::vector<int64_t>{0, 2, 3}));
  EXPECT_EQ(kept(0, 0.4), (std::vector<int64_t>{0}));
  EXPECT_EQ(kept(0, 0.6), (std::vector<int64_t>{0, 2}));  // the code that reaches the probability stays
  EXPECT_EQ(kept(9, 1), (std::vector<int64_t>{0, 1, 2, 3}));
  EXPECT_EQ(kept(1e20, 0), (std::vector<int64_t>{0, 1, 2, 3}));  // more than there are of any whole number
  EXPECT_EQ(kept(INFINITY, 0), (std::vector<int64_t>{0, 1, 2, 3}));
}

}  // namespace
}  // namespace asterism::models
