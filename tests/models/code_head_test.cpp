#include "models/code_head.h"

#include <gtest/gtest.h>

#include <cmath>

#include "../nn/gradient_check.h"
#include "base/error.h"
#include "models/wrap.h"
#include "nn/losses.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

// 24 plain codes of levels 4, 3, 2; one special position before them with 30 codes of its own.
CodeBook book() {
  return {.vocabulary = 30, .special = 1, .special_codes = 30, .plain_codes = 24, .levels = {4, 3, 2}};
}

struct CodeHeadFixture {
  nn::Parameters parameters;
  CodeHead logits;
  at::Tensor x_RD, position_R, ids_R;
  explicit CodeHeadFixture(bool by_level, double soft_special = 0)
      : logits(nn::Scope(parameters, 1, "", at::kDouble), "image", book(), 5, by_level, soft_special),
        x_RD(test::random_input({4, 5}, true, "x")),
        position_R(copied({0, 1, 2, 1})),
        ids_R(copied({29, 0, 23, 13})) {}
};

TEST(CodeHead, ProbabilitiesOfEveryRowSumToOne) {
  for (const bool by_level : {false, true}) {
    const CodeHeadFixture f(by_level);
    const auto log_p = at::log_softmax(f.logits(f.x_RD, f.position_R), 1);
    EXPECT_EQ(log_p.sizes(), (at::IntArrayRef{4, 30}));
    EXPECT_NEAR(log_p.exp().sum().item<double>(), 4, 1e-9);
    EXPECT_TRUE(at::isinf(log_p.narrow(0, 1, 3).narrow(1, 24, 6)).all().item<bool>())
        << "plain positions have 24 codes";
    EXPECT_TRUE(at::isfinite(log_p[0]).all().item<bool>());
  }
}

// The chain over digits is the joint: the loss of the digits is -ln of the joint probability of the code.
TEST(CodeHead, TheLossOfLevelsIsThatOfTheirJointProbability) {
  const CodeHeadFixture f(true);
  const auto log_p = at::log_softmax(f.logits(f.x_RD, f.position_R), 1);
  const double joint = -log_p.gather(1, f.ids_R.unsqueeze(1)).mean().item<double>();
  for (const int64_t chunk : {1, 2, 100})
    EXPECT_NEAR(f.logits.loss(f.x_RD, f.position_R, f.ids_R, chunk).item<double>(), joint, 1e-12) << chunk;
  // by hand, from the head of each level: code 13 of levels 4, 3, 2 is the digits 1, 0, 1
  const auto& weight = f.parameters.parameters().at("to_levels.weight");
  const auto y = at::linear(f.x_RD[3].unsqueeze(0), weight)[0];
  double by_hand = 0;
  for (const auto& [begin, count, digit] : std::vector<std::array<int64_t, 3>>{{0, 4, 1}, {4, 3, 0}, {7, 2, 1}})
    by_hand += at::log_softmax(y.narrow(0, begin, count), 0)[digit].item<double>();
  EXPECT_NEAR(log_p[3][13].item<double>(), by_hand, 1e-12);
}

// Both kinds of head rule out what cannot stand at a position, and learn special codes from their neighbours too.
TEST(CodeHead, SpecialCodesAreBinsInOrder) {
  for (const bool by_level : {false, true}) {
    const CodeHeadFixture f(by_level, 2.0);
    const auto log_p = at::log_softmax(f.logits(f.x_RD, f.position_R), 1).contiguous();
    double expected = 0, norm = 0, soft = 0;
    for (int64_t row = 1; row < 4; ++row) expected -= log_p[row][f.ids_R[row].item<int64_t>()].item<double>();
    for (int64_t k = 0; k < 30; ++k) {
      const double weight = std::exp(-0.5 * std::pow((double(k) - 29) / 2, 2));  // row 0 holds code 29
      norm += weight;
      soft -= weight * log_p[0][k].item<double>();
    }
    expected = (expected + soft / norm) / 4;
    EXPECT_NEAR(f.logits.loss(f.x_RD, f.position_R, f.ids_R, 100).item<double>(), expected, 1e-12) << by_level;
  }
}

TEST(CodeHead, GradientsAgreeWithFiniteDifferences) {
  for (const int kind : {0, 1, 2, 3}) {
    CodeHeadFixture f(kind % 2 == 1, kind < 2 ? 0 : 1.5);
    std::vector<std::pair<std::string, at::Tensor>> inputs{{"x", f.x_RD}};
    for (const auto& [name, tensor] : f.parameters.parameters()) inputs.emplace_back(name, tensor);
    // chunks smaller than the batch
    test::expect_gradients([&] { return f.logits.loss(f.x_RD, f.position_R, f.ids_R, 2).unsqueeze(0); }, inputs);
  }
}

TEST(CodeHead, CodeBooksOfTheHousesTokenizers) {
  const auto codecs = tiny::codecs(tiny::sky(4));
  const auto image = code_book(*codecs.at("image_legacy"), 0), spectrum = code_book(*codecs.at("spectrum_desi"), 1);
  EXPECT_EQ(image.levels, (std::vector<int64_t>{5, 3}));
  EXPECT_EQ(image.vocabulary, 15);
  EXPECT_EQ(spectrum.special_codes, 12);
  EXPECT_EQ(spectrum.plain_codes, 15);
}

TEST(CodeHead, CodesWithoutLevelsAreRefused) {
  nn::Parameters parameters;
  CodeBook plain{.vocabulary = 7, .special = 0, .special_codes = 7, .plain_codes = 7, .levels = {}};
  EXPECT_THROW(CodeHead(nn::Scope(parameters, 1), "map", plain, 5, true), base::UserError);
  EXPECT_NO_THROW(CodeHead(nn::Scope(parameters, 1), "map", plain, 5, false));
}

// Codes a step of one digit apart begin alike, in both kinds, and special codes that are bins beside each other.
TEST(CodeHead, RowsBeginInTheOrderOfTheirDigits) {
  const CodeBook large = {.vocabulary = 512, .special = 1, .special_codes = 40, .plain_codes = 512, .levels = {16, 32}};
  for (const bool by_level : {false, true}) {
    nn::Parameters parameters;
    const CodeHead head(nn::Scope(parameters, 1), "spectrum", large, 64, by_level, 1);
    const auto x = at::randn({400, 64}, at::detail::createCPUGenerator(1));
    const auto z_of = [&](int64_t position) {
      const auto logits = head(x, at::full({400}, position, at::kLong)).detach();
      return (logits - logits.mean(0)) / logits.std(0);
    };
    const auto alike = [](const at::Tensor& z, int64_t a, int64_t b) {
      return (z.select(1, a) * z.select(1, b)).mean().item<double>();
    };
    const auto plain = z_of(1);
    EXPECT_GT(alike(plain, 100, 101), alike(plain, 100, 108)) << by_level;  // 1 and 8 steps of the first digit
    EXPECT_GT(alike(plain, 100, 116), alike(plain, 100, 100 + 16 * 12)) << by_level;
    EXPECT_GT(alike(plain, 100, 116), 0.8) << by_level;
    if (by_level) {
      EXPECT_GT(alike(z_of(0), 20, 21), 0.8);
    }
  }
}

}  // namespace
}  // namespace asterism::models
