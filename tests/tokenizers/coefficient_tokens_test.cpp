#include "tokenizers/coefficient_tokens.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace asterism::tokenizers {
namespace {

at::Tensor normal(at::IntArrayRef shape, const char* name) {
  return nn::initial_value(shape, nn::Init::normal(1), 3, name);
}

struct Made {
  nn::Parameters parameters;
  CoefficientTokens tokens;
  Made(int64_t coefficients, int64_t count, int64_t bits)
      : tokens(nn::Scope(parameters) / "tokens", coefficients, count, bits) {}
};

TEST(TokenPlaces, TheLargestFirst) {
  const auto places = places_of({3, 0, 6, 4, 2}, 2, 8);
  ASSERT_EQ(places.size(), 5U);
  EXPECT_EQ(places[2].token, 0);
  EXPECT_EQ(places[3].token, 1);
  EXPECT_EQ(places[0].token, 1);
  EXPECT_EQ(places[0].shift, 4);
  EXPECT_EQ(places[4].token, 0);
  EXPECT_EQ(places[4].shift, 6);
  EXPECT_TRUE(places_of({5, 5, 5}, 2, 8).empty());
}

TEST(CoefficientTokens, WhatVariesMoreGetsMore) {
  Made made(4, 2, 6);
  const auto z = normal({4000, 4}, "z") * at::tensor({16.0, 4.0, 1.0, 0.01}).to(at::kFloat);
  made.tokens.fit(z, at::ones({4000}));
  EXPECT_EQ(made.tokens.bits(), (std::vector<int64_t>{6, 4, 2, 0}));
  EXPECT_NEAR(made.tokens.variance()[1].item<double>(), 16, 1);
  const auto ids = made.tokens.ids(z);
  EXPECT_EQ(ids.sizes(), at::IntArrayRef({4000, 2}));
  EXPECT_LT(ids.max().item<int64_t>(), 64);
  const auto error = (made.tokens.values(ids) - z).square().mean(0);
  // the least that 2^b levels leave of a normal variable (Max 1960): 0.00104, 0.00950, 0.1175 of its variance
  EXPECT_LT(error[0].item<double>(), 1.3 * 256 * 0.00104);
  EXPECT_LT(error[1].item<double>(), 1.1 * 16 * 0.0095);
  EXPECT_LT(error[2].item<double>(), 1.1 * 0.1175);
  EXPECT_TRUE(at::equal(made.tokens.ids(made.tokens.values(ids)), ids));
}

TEST(CoefficientTokens, WeightsDecideWhereLevelsAre) {
  Made made(1, 1, 1);
  const auto z = at::tensor({-1.0, 0.0, 1.0, 9.0, 11.0}).to(at::kFloat).unsqueeze(1);
  made.tokens.fit(z, at::tensor({1.0, 1.0, 1.0, 3.0, 1.0}));
  const auto values = made.tokens.values(made.tokens.ids(z));
  EXPECT_NEAR(values[0][0].item<double>(), 0, 1e-6);
  EXPECT_NEAR(values[4][0].item<double>(), 9.5, 1e-6);
}

TEST(CoefficientTokens, AConstantTakesNoBits) {
  Made made(2, 1, 4);
  auto z = normal({50, 2}, "constant");
  z.select(1, 1).fill_(0.25);
  made.tokens.fit(z, at::ones({50}));
  EXPECT_EQ(made.tokens.bits(), (std::vector<int64_t>{4, 0}));
  EXPECT_EQ(made.tokens.values(made.tokens.ids(z))[7][1].item<float>(), 0.25F);
}

TEST(CoefficientTokens, BitsThatFitNoTokenAreADamagedFile) {
  Made made(2, 1, 4);
  made.parameters.load({{"tokens.bits", at::tensor({3L, 3L})},
                        {"tokens.levels", at::zeros({2, 16})},
                        {"tokens.variance", at::ones({2})}},
                       "test");
  EXPECT_THROW(made.tokens.ids(at::zeros({1, 2})), base::DataError);
}

}  // namespace
}  // namespace asterism::tokenizers
