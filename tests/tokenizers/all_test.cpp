#include "tokenizers/all.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "example_blocks.h"
#include "example_maps.h"
#include "nn/nothing_to_learn.h"

namespace asterism::tokenizers {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(TokenizerTable, UnknownNamesAreAnswered) {
  const auto says = [](const char* text) { return ThrowsMessage<base::UserError>(HasSubstr(text)); };
  EXPECT_THAT([] { make_tokenizer("scalar_bin", "{}"); }, says("'scalar_bins'"));
  EXPECT_THAT([] { make_tokenizer("scalar_bins", R"({"bin": 4})"); }, says("'bins'"));
  EXPECT_THAT([] { make_tokenizer("scalar_bins", R"({"bins": -4})"); }, says("bins"));
  EXPECT_THAT([] { load_tokenizer("/nowhere"); }, says("/nowhere"));
}

// A tokenizer that does nothing more learns from several blocks as from one of all their objects.
TEST(TokenizerTable, ALessonIsTheMeanOverItsObjects) {
  const auto codec = make_tokenizer("light_curve_points", R"({"width": 16, "heads": 2, "latents": 4, "shapes": 8})", 1);
  const modalities::Block six = test::light_curves(6, 40, 1), two = test::light_curves(2, 40, 2);
  codec->fit_all({{&six, &two}, {}});
  at::NoGradGuard no_grad;
  const auto a = codec->loss(six), b = codec->loss(two), both = codec->Tokenizer::learn({{&six, &two}, {}});
  EXPECT_EQ(both.weight, a.weight + b.weight);
  EXPECT_NEAR(both.loss.item<double>(),
              (a.loss.item<double>() * a.weight + b.loss.item<double>() * b.weight) / both.weight, 1e-5);
}

TEST(TokenizerTable, BlocksWithoutAnythingToLearnAreLeftOut) {
  const auto codec = make_tokenizer("aion_catalog", R"({"codebook_size": 32, "reservoir_size": 200})", 1);
  const modalities::Block full = test::catalogs(8);
  codec->fit(full);
  auto lists = test::catalogs(1);
  test::hide(lists, 0);
  lists.present[0] = 1;  // there, and without a source
  const modalities::Block empty = lists;
  EXPECT_THROW(codec->learn({{&empty}, {}}), nn::NothingToLearn);
  const auto one = codec->learn({{&full}, {}}), both = codec->learn({{&empty, &full}, {}});
  EXPECT_EQ(both.weight, one.weight);
  EXPECT_EQ(both.loss.item<double>(), one.loss.item<double>());

  const auto images = make_tokenizer(
      "aion_image",
      R"({"quantizer_levels": [8, 5, 5], "embedding_dim": 3, "hidden_dims": 16, "multisurvey_projection_dims": 8, "n_compressions": 3, "num_consecutive": 1})",
      1);
  auto masked = test::images(2, 16);
  for (size_t i = 0; i < masked.mask.size(); ++i) masked.mask[i] = 1, masked.ivar[i] = masked.flux[i] = 0;
  const modalities::Block none = masked, some = test::images(3, 16);
  at::NoGradGuard no_grad;
  EXPECT_EQ(images->learn({{&none, &some}, {}}).weight, 3);
  EXPECT_THROW(images->learn({{&none, &none}, {}}), nn::NothingToLearn);
}

}  // namespace
}  // namespace asterism::tokenizers
