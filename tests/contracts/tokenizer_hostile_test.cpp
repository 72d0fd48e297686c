// Values that no instrument should give and some do: of every tokenizer, they stay with the object that has them.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "tests/contracts/tokenizer_entries.h"

namespace asterism::tokenizers {
namespace {

class TokenizerHostile : public test::TokenizerEntryTest {
 protected:
  bool is(const char* modality) const { return GetParam().modality == modality; }

  // Ids in range, all objects but the second as they are without it.
  void expect_the_others_as_before(const modalities::Block& given, const Tokens& before) {
    const auto tokens = tokenizer_->encode(given);
    EXPECT_GE(tokens.ids.min().item<int64_t>(), 0);
    EXPECT_LT(tokens.ids.max().item<int64_t>(), tokenizer_->vocabulary());
    for (const int64_t row : {0, 2}) {
      EXPECT_TRUE(tokens.present[row].item<bool>());
      EXPECT_GT((tokens.ids[row] == before.ids[row]).to(at::kFloat).mean().item<double>(), 0.98);
    }
    EXPECT_NO_THROW(modalities::check("decoded", tokenizer_->decode(tokens, {})));
  }

  // What is learned from it: a loss that is a number, and gradients that are.
  void expect_finite_learning(const modalities::Block& given) {
    const auto learner = fresh();
    const auto loss = learner->loss(given).loss;
    EXPECT_TRUE(at::isfinite(loss).item<bool>()) << loss.item<double>();
    if (!loss.requires_grad()) return;
    loss.backward();
    for (const auto& [name, tensor] : learner->parameters().parameters())
      if (tensor.grad().defined()) EXPECT_TRUE(at::isfinite(tensor.grad()).all().item<bool>()) << name;
  }
};
INSTANTIATE_TEST_SUITE_P(, TokenizerHostile, testing::ValuesIn(test::tokenizer_entries()),
                         [](const auto& info) { return info.param.label; });

// change(value, inverse variance) of each value of the second of three objects that is not masked; kinds without a
// variance of their own keep none.
void change_second(modalities::Block& block, const std::function<void(int64_t k, float& value, float& sharp)>& change) {
  std::visit(
      [&](auto& b) {
        const auto each = [&](auto& values) {
          const auto size = int64_t(values.size()) / b.n;
          for (int64_t k = 0, seen = 0; k < size; ++k) {
            const auto at = size_t(size + k);
            if constexpr (requires { b.mask; })
              if (b.mask[at] != 0) continue;
            auto value = float(values[at]);
            float none = 1;
            if constexpr (requires { b.ivar; })
              change(seen++, value, b.ivar[at]);
            else
              change(seen++, value, none);
            values[at] = value;
          }
        };
        if constexpr (requires { b.flux; })
          each(b.flux);
        else
          each(b.value);
      },
      block);
}

TEST_P(TokenizerHostile, AHugeValueStaysWithItsObject) {
  if (is("map")) return;  // shares from 0 to 1: refused by name
  const auto plain = block(3);
  const auto before = tokenizer_->encode(plain);
  for (const float huge : {1e30f, -1e30f, 3e38f}) {
    auto one = plain, all = plain;
    change_second(one, [&](int64_t k, float& value, float&) { value = k == 0 ? huge : value; });
    change_second(all, [&](int64_t k, float& value, float&) { value = k % 2 == 0 ? huge : -huge; });
    for (const auto& given : {one, all}) {
      SCOPED_TRACE(huge);
      expect_the_others_as_before(given, before);
      expect_finite_learning(given);
    }
  }
}

TEST_P(TokenizerHostile, SoDoesAWeightBeyondAllOthers) {
  const auto plain = block(3);
  const auto before = tokenizer_->encode(plain);
  for (const float sharp : {1e12f, 1e30f}) {
    auto given = plain;
    change_second(given, [&](int64_t k, float&, float& ivar) { ivar = k == 5 ? sharp : ivar; });
    SCOPED_TRACE(sharp);
    expect_the_others_as_before(given, before);
    expect_finite_learning(given);
  }
}

TEST_P(TokenizerHostile, WhatHasNoGoodValueIsMissing) {
  const bool has_variance = is("image") || is("spectrum") || is("cube");
  const auto missing = [&](const std::function<void(int64_t, float&, float&)>& change) {
    auto given = block(3);
    change_second(given, change);
    const auto tokens = tokenizer_->encode(given);
    EXPECT_TRUE(tokens.present[0].item<bool>());
    EXPECT_TRUE(tokens.present[2].item<bool>());
    return !tokens.present[1].item<bool>() && tokens.ids[1].abs().sum().item<int64_t>() == 0;
  };
  EXPECT_TRUE(missing([](int64_t, float& value, float&) { value = NAN; }));
  EXPECT_TRUE(missing([](int64_t, float& value, float&) { value = INFINITY; }));
  if (has_variance) EXPECT_TRUE(missing([](int64_t, float&, float& ivar) { ivar = 0; }));
  auto masked = block(3);
  if (test::mask_some(masked, 1, 0)) EXPECT_FALSE(tokenizer_->encode(masked).present.any().item<bool>());
}

}  // namespace
}  // namespace asterism::tokenizers
