#include "tokenizers/all.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "example_blocks.h"

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

}  // namespace
}  // namespace asterism::tokenizers
