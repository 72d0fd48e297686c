// What every tokenizer promises, one body for all entries of tokenizers/all.cpp, and for the ways to know bands and to
// quantise that change what they do. Round trips, orders, refusals and devices are in files of their own.
#include <gtest/gtest.h>

#include <cmath>

#include "astro/units.h"
#include "base/temporary_folder.h"
#include "nn/nothing_to_learn.h"
#include "tests/contracts/tokenizer_entries.h"

namespace asterism::tokenizers {
namespace {

class TokenizerContract : public test::TokenizerEntryTest {};
INSTANTIATE_TEST_SUITE_P(, TokenizerContract, testing::ValuesIn(test::tokenizer_entries()),
                         [](const auto& info) { return info.param.label; });

TEST_P(TokenizerContract, IdsAreInRangeAndDecode) {
  EXPECT_EQ(tokenizer_->kind(), GetParam().name);
  const auto given = block(8);
  const auto tokens = tokenizer_->encode(given);
  EXPECT_EQ(tokens.ids.sizes(), at::IntArrayRef({8, tokenizer_->num_tokens()}));
  EXPECT_EQ(tokens.ids.scalar_type(), at::kLong);
  EXPECT_TRUE(tokens.present.all().item<bool>());
  EXPECT_GE(tokens.ids.min().item<int64_t>(), 0);
  EXPECT_LT(tokens.ids.max().item<int64_t>(), tokenizer_->vocabulary());
  const auto back = tokenizer_->decode(tokens, {});
  EXPECT_NO_THROW(modalities::check("decoded", back));
  EXPECT_EQ(modalities::kind(back), modalities::kind(given));
  EXPECT_EQ(modalities::rows(back), 8);
}

TEST_P(TokenizerContract, TheSameTwice) {
  EXPECT_TRUE(at::equal(tokenizer_->encode(block(4)).ids, tokenizer_->encode(block(4)).ids));
  EXPECT_TRUE(at::equal(tokenizer_->encode(block(4)).ids, fresh()->encode(block(4)).ids));
}

TEST_P(TokenizerContract, MissingInMissingOut) {
  auto given = block(5);
  const auto whole = tokenizer_->encode(given);
  test::hide(given, 1);
  test::hide(given, 4);
  const auto tokens = tokenizer_->encode(given);
  for (const int64_t row : {0, 2, 3}) {
    EXPECT_TRUE(tokens.present[row].item<bool>());
    EXPECT_GT((tokens.ids[row] == whole.ids[row]).to(at::kFloat).mean().item<double>(), 0.98);
  }
  for (const int64_t row : {1, 4}) {
    EXPECT_FALSE(tokens.present[row].item<bool>());
    EXPECT_EQ(tokens.ids[row].abs().sum().item<int64_t>(), 0);
  }
  const auto back = tokenizer_->decode(tokens, {});
  EXPECT_EQ(modalities::present(back)[1], 0);
  EXPECT_EQ(modalities::present(back)[2], 1);
  EXPECT_NO_THROW(modalities::check("decoded", back));
}

TEST_P(TokenizerContract, NaNNeverPasses) {
  auto given = block(3);
  if (auto* s = std::get_if<modalities::ScalarBlock>(&given)) s->value[1] = NAN;
  if (auto* s = std::get_if<modalities::SpectrumBlock>(&given))
    s->flux[10] = NAN, s->ivar[12] = INFINITY, s->flux[14] = -INFINITY;
  if (auto* s = std::get_if<modalities::CubeBlock>(&given))
    for (size_t k = 0; k < 4; ++k) {  // in the middle of a plane, of an object of its own
      const size_t at = size_t(s->length * 36) + 36 * k + 14;
      (k % 2 == 0 ? s->flux : s->ivar)[at] = k == 0 ? NAN : INFINITY;
      s->mask[at] = 0;
    }
  if (auto* s = std::get_if<modalities::VectorBlock>(&given)) s->value[8] = NAN;
  if (auto* s = std::get_if<modalities::CatalogBlock>(&given)) s->value[12 * 5] = NAN;
  if (auto* s = std::get_if<modalities::MapBlock>(&given)) s->value[10] = NAN, s->value[11] = INFINITY;
  if (auto* s = std::get_if<modalities::LightCurveBlock>(&given))
    s->value[10] = NAN, s->error[12] = INFINITY, s->time_day[14] = NAN, s->value[70] = -INFINITY, s->value[71] = 3e38f;
  if (auto* s = std::get_if<modalities::ImageBlock>(&given))
    s->flux[10] = NAN, s->ivar[12] = NAN, s->flux[14] = INFINITY;
  const auto tokens = tokenizer_->encode(given);
  EXPECT_GE(tokens.ids.min().item<int64_t>(), 0);
  EXPECT_LT(tokens.ids.max().item<int64_t>(), tokenizer_->vocabulary());
  EXPECT_NO_THROW(modalities::check("decoded", tokenizer_->decode(tokens, {})));
  EXPECT_TRUE(at::isfinite(tokenizer_->loss(given).loss).item<bool>());
}

TEST_P(TokenizerContract, EightAtOnceAreEightTimesOne) {
  const auto given = block(8);
  const auto together = tokenizer_->encode(given);
  double same = 0;
  for (int64_t i = 0; i < 8; ++i) {
    const auto alone = tokenizer_->encode(modalities::select(given, {i}));
    same += (alone.ids[0] == together.ids[i]).to(at::kDouble).mean().item<double>() / 8;
  }
  EXPECT_GT(same, 0.99);  // a value on the edge of a code may round either way
}

TEST_P(TokenizerContract, SaveAndLoadBitByBit) {
  const base::TemporaryFolder folder;
  tokenizer_->save(folder / "codec");
  const auto loaded = load_tokenizer(folder / "codec");
  EXPECT_EQ(loaded->kind(), tokenizer_->kind());
  const auto given = block(4, 9);
  const auto tokens = tokenizer_->encode(given);
  EXPECT_TRUE(at::equal(loaded->encode(given).ids, tokens.ids));
  const auto a = tokenizer_->parameters().all(), b = loaded->parameters().all();
  ASSERT_EQ(a.size(), b.size());
  for (const auto& entry : a) EXPECT_TRUE(at::equal(entry.second, b.at(entry.first))) << entry.first;
  loaded->save(folder / "again");
  EXPECT_TRUE(at::equal(load_tokenizer(folder / "again")->encode(given).ids, tokens.ids));
}

// Nanomaggies as microjanskys, spectra in 1e-16 instead of 1e-17 erg/s/cm^2/A: the same tokens.
TEST_P(TokenizerContract, AnotherUnitOfTheSameQuantityGivesTheSameTokens) {
  auto given = block(8);
  const auto tokens = tokenizer_->encode(given);
  const auto convert = [](auto& b, const char* unit, double factor) {
    if constexpr (requires {
                    b.flux;
                    b.ivar;
                    b.unit;
                  }) {
      for (auto& v : b.flux) v = float(double(v) * factor);
      for (auto& v : b.ivar) v = float(double(v) / (factor * factor));
      b.unit = unit;
    } else if constexpr (
        requires { b.has_error, b.unit; } || requires { b.upper_limit, b.unit; }) {
      for (auto& v : b.value) v = std::decay_t<decltype(v)>(double(v) * factor);
      for (auto& v : b.error) v = std::decay_t<decltype(v)>(double(v) * factor);
      b.unit = unit;
    }
  };
  const bool spectrum =
      std::holds_alternative<modalities::SpectrumBlock>(given) || std::holds_alternative<modalities::CubeBlock>(given);
  std::visit(
      [&](auto& b) {
        convert(b, spectrum ? "1e-16 erg/s/cm^2/Angstrom" : "uJy",
                spectrum ? 0.1 : astro::unit_factor("nanomaggy", "uJy"));
      },
      given);
  const auto again = tokenizer_->encode(given);
  EXPECT_TRUE(at::equal(again.present, tokens.present));
  EXPECT_GT((again.ids == tokens.ids).to(at::kFloat).mean().item<double>(), 0.99);  // but for rounding at an edge
}

TEST_P(TokenizerContract, GradientReachesEveryParameter) {
  const auto outcome = tokenizer_->loss(block(8));
  EXPECT_EQ(outcome.weight, 8);
  EXPECT_EQ(outcome.loss.dim(), 0);
  if (tokenizer_->parameters().trainable().empty()) return;  // bins: nothing is learned by gradient
  outcome.loss.backward();
  for (const auto& entry : tokenizer_->parameters().parameters()) {
    ASSERT_TRUE(entry.second.grad().defined()) << entry.first;
    EXPECT_TRUE(at::isfinite(entry.second.grad()).all().item<bool>()) << entry.first;
    // kept because published files hold them, though nothing depends on them: a softmax ignores a constant, and so do
    // codes whose mean is taken away
    if (entry.first.ends_with("to_k.bias") || entry.first == "encoder.norm.bias") continue;
    EXPECT_GT(entry.second.grad().abs().max().item<double>(), 0) << entry.first;
  }
}

TEST_P(TokenizerContract, AbsentAndMaskedValuesHaveNoInfluenceOnTheLoss) {
  auto given = block(4);
  test::hide(given, 3);
  const double three = tokenizer_->loss(given).loss.item<double>();
  EXPECT_NEAR(fresh()->loss(modalities::select(given, {0, 1, 2})).loss.item<double>(), three,  // a code book has moved
              1e-4 * std::abs(three));
}

TEST_P(TokenizerContract, WhatIsBelowAMaskHasNoInfluenceOnTheLoss) {
  auto given = block(4), other = given;
  if (!test::mask_some(given, 29, 0) || GetParam().name == "aion_spectrum")
    return;  // its encoder reads it, as published
  test::mask_some(other, 29, 1e4f);
  const double loss = tokenizer_->loss(given).loss.item<double>();
  EXPECT_NEAR(fresh()->loss(other).loss.item<double>(), loss, 1e-6 * std::abs(loss));
}

TEST_P(TokenizerContract, WhatIsMaskedAltogetherIsNothingToLearn) {
  auto given = block(3);
  if (test::mask_some(given, 1, 0)) EXPECT_THROW(tokenizer_->learn({{&given}, {}}), nn::NothingToLearn);
}

}  // namespace
}  // namespace asterism::tokenizers
