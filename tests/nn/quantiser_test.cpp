#include "nn/quantiser.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "gradient_check.h"
#include "nn/autocast.h"

namespace asterism::nn {
namespace {

constexpr const char* kKinds[] = {"fsq", "lfq", "bsq", "vq"};

QuantiserSettings of(const std::string& kind) {
  QuantiserSettings s;
  s.quantiser = kind;
  s.levels = {4, 5};
  s.bits = 5;
  s.vq_codes = 24;
  s.vq_width = 3;
  return s;
}

TEST(Quantiser, EveryKindGoesThereAndBack) {
  for (const char* kind : kKinds) {
    Parameters p;
    const Quantiser quantiser(Scope(p, 1), of(kind));
    EXPECT_EQ(quantiser.vocabulary(), vocabulary_of(of(kind))) << kind;
    const auto z = test::random_input({2, 30, quantiser.dimensions()}, false, "z", at::kFloat);
    const auto out = quantiser(z);
    EXPECT_EQ(out.ids.sizes(), at::IntArrayRef({2, 30}));
    EXPECT_EQ(out.codes.sizes(), z.sizes());
    EXPECT_GE(out.ids.min().item<int64_t>(), 0) << kind;
    EXPECT_LT(out.ids.max().item<int64_t>(), quantiser.vocabulary()) << kind;
    EXPECT_TRUE(at::allclose(out.codes, quantiser.codes(out.ids), 1e-5, 1e-6)) << kind;
    EXPECT_THROW(quantiser.codes(at::full({1}, quantiser.vocabulary(), at::kLong)), base::UserError) << kind;
  }
}

TEST(Quantiser, InBf16IdsAreInRange) {
  for (const char* kind : kKinds) {
    Parameters p;
    const Quantiser quantiser(Scope(p, 1), of(kind));
    const auto z = test::random_input({500, quantiser.dimensions()}, false, "z", at::kFloat) * 3;
    const Autocast guard(Precision::bf16);
    const auto ids = quantiser(z.to(at::kBFloat16)).ids;
    EXPECT_GE(ids.min().item<int64_t>(), 0) << kind;
    EXPECT_LT(ids.max().item<int64_t>(), quantiser.vocabulary()) << kind;
  }
}

TEST(Quantiser, GradientsPass) {
  for (const char* kind : kKinds) {
    Parameters p;
    const Quantiser quantiser(Scope(p, 1), of(kind));
    const auto z = test::random_input({40, quantiser.dimensions()}, true, "z", at::kFloat);
    const auto out = quantiser(z);
    (out.codes.square().sum() + out.codes.sum() + out.penalty).backward();
    EXPECT_GT(z.grad().abs().max().item<double>(), 0) << kind;
    EXPECT_TRUE(at::isfinite(z.grad()).all().item<bool>()) << kind;
  }
}

TEST(Quantiser, SettingsReadBack) {
  auto settings = of("bsq"), again = QuantiserSettings();
  auto fields = config::fields_of(again);
  config::read_json(fields, config::to_json(config::fields_of(settings)), "test");
  EXPECT_EQ(again.quantiser, "bsq");
  EXPECT_EQ(again.bits, 5);
  EXPECT_THROW(config::read_json(fields, R"({"quantiser": "vqq"})", "test"), base::UserError);
}

}  // namespace
}  // namespace asterism::nn
