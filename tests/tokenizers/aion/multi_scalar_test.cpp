#include "tokenizers/aion/multi_scalar.h"

#include <gtest/gtest.h>

#include "../example_blocks.h"
#include "base/error.h"
#include "tokenizers/aion/scalar_table.h"

namespace asterism::tokenizers::aion {
namespace {

MultiScalarSettings small_multi_scalar() {
  MultiScalarSettings s;
  s.num_quantizers = 6;
  s.codebook_size = 32;
  s.reservoir_size = 100;
  return s;
}

TEST(AionMultiScalar, EachColumnHasItsTable) {
  AionMultiScalar codec(small_multi_scalar());
  const auto block = test::vectors(300, 6);
  codec.fit(block);
  const auto values = at::from_blob(const_cast<float*>(block.value.data()), {300, 6}).clone();
  const auto ids = codec.ids(values);
  for (int64_t i = 0; i < 6; ++i) {
    const auto alone = table_codes(at::asinh(at::asinh(values.select(1, i))), codec.tables()[size_t(i)]);
    EXPECT_TRUE(at::equal(ids.select(1, i), alone)) << i;
  }
  const auto back = codec.values(ids);
  const auto close = ((back - values).abs() < values.abs() * 0.5 + 1).to(at::kFloat).mean().item<double>();
  EXPECT_GT(close, 0.95);
}

TEST(AionMultiScalar, TheErrorOfCodingIsCountedInErrorsWhereTheyAreKnown) {
  AionMultiScalar codec(small_multi_scalar());
  const auto block = test::vectors(300, 6);
  codec.fit(block);
  auto errors = block;
  std::fill(errors.value.begin(), errors.value.end(), 2.0F);
  const modalities::Block given = block, known = errors;
  Lesson lesson{.blocks = {&given}, .errors = {&known}};
  const double in_steps = codec.loss(given).figures.at("quantisation_sigma").item<double>();
  EXPECT_GT(in_steps, 0.4);  // evenly within a step: 0.58
  EXPECT_LT(in_steps, 0.75);
  const auto value = at::from_blob(const_cast<float*>(block.value.data()), {300, 6});
  const double expected = ((codec.values(codec.ids(value)) - value) / 2).square().mean().sqrt().item<double>();
  EXPECT_NEAR(codec.learn(lesson).figures.at("quantisation_sigma").item<double>(), expected, 1e-4 * expected);
  std::fill(errors.present.begin(), errors.present.end(), uint8_t{0});
  const modalities::Block unknown = errors;
  lesson.errors = {&unknown};
  EXPECT_NEAR(codec.learn(lesson).figures.at("quantisation_sigma").item<double>(), in_steps, 1e-6);
  EXPECT_EQ(codec.learn(lesson).loss.item<float>(), codec.loss(given).loss.item<float>());
}

TEST(AionMultiScalar, ARowWithANumberMissingIsMissing) {
  AionMultiScalar codec(small_multi_scalar());
  auto block = test::vectors(4, 6);
  codec.fit(block);
  block.value[8] = NAN;
  EXPECT_FALSE(codec.encode(block).present[1].item<bool>());
  EXPECT_TRUE(codec.encode(block).present[2].item<bool>());
}

TEST(AionMultiScalar, RefusesWhatCannotBe) {
  AionMultiScalar codec(small_multi_scalar());
  EXPECT_THROW(codec.encode(test::vectors(2, 5)), base::UserError);
  auto tokens = test::vectors(2, 6);
  tokens.vocabulary = 9;
  EXPECT_THROW(codec.encode(tokens), base::UserError);
  EXPECT_THROW(codec.values(at::full({1, 6}, 32, at::kLong)), base::UserError);
  auto settings = small_multi_scalar();
  settings.decompression_fns = {"sinh"};
  EXPECT_THROW(AionMultiScalar{settings}, base::UserError);
}

}  // namespace
}  // namespace asterism::tokenizers::aion
