#include "models/guidance.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.h"

namespace asterism::models {
namespace {

Guidance weighted_by(std::map<std::string, double> weights) {
  Guidance out;
  out.of = std::move(weights);
  return out;
}

TEST(Guidance, WorldsShowWhatTheirWeightsAreOf) {
  const auto plain = worlds_of({"a", "b"}, {});
  ASSERT_EQ(plain.size(), 1u);
  EXPECT_EQ(plain[0].shown, (std::vector<uint8_t>{1, 1}));
  EXPECT_EQ(plain[0].weight, 1);
  const auto sharper = worlds_of({"a", "b"}, 3);
  ASSERT_EQ(sharper.size(), 2u);
  EXPECT_EQ(sharper[0].weight, 3);
  EXPECT_EQ(sharper[1].weight, -2);
  EXPECT_EQ(sharper[1].shown, (std::vector<uint8_t>{0, 0}));
  const auto several = worlds_of({"a", "b", "c"}, weighted_by({{"c", 2}, {"a", -0.5}}));
  ASSERT_EQ(several.size(), 3u);
  EXPECT_EQ(several[0].weight, -0.5);
  EXPECT_EQ(several[0].shown, (std::vector<uint8_t>{0, 0, 0}));
  EXPECT_EQ(several[1].shown, (std::vector<uint8_t>{1, 0, 0}));
  EXPECT_EQ(several[2].shown, (std::vector<uint8_t>{0, 0, 1}));
  EXPECT_EQ(several[2].weight, 2);
}

TEST(Guidance, LogitsAreMixedAndTheImpossibleStays) {
  const double impossible = -std::numeric_limits<double>::infinity();
  const auto worlds = worlds_of({"a"}, 3);
  const auto logits = at::tensor({1.0, 2.0, impossible, 0.5, 4.0, impossible}, at::kDouble).view({2, 1, 3});
  const auto out = mixed(logits, worlds);
  EXPECT_NEAR(out[0][0].item<double>(), 3 * 1.0 - 2 * 0.5, 1e-6);
  EXPECT_NEAR(out[0][1].item<double>(), 3 * 2.0 - 2 * 4.0, 1e-6);
  EXPECT_EQ(out[0][2].item<double>(), impossible) << "and not NaN";
}

TEST(Guidance, SaysWhatIsNotGiven) {
  const auto refusal = [](const std::vector<std::string>& inputs, const Guidance& guidance) -> std::string {
    try {
      worlds_of(inputs, guidance);
      return "";
    } catch (const base::UserError& error) {
      return error.what();
    }
  };
  EXPECT_NE(refusal({"flux_g", "flux_r"}, weighted_by({{"flux_q", 1}})).find("the nearest that is given is 'flux_"),
            std::string::npos);
  EXPECT_NE(refusal({}, weighted_by({{"flux_g", 1}})).find("nothing is given"), std::string::npos);
  EXPECT_NE(refusal({"flux_g"}, weighted_by({{"flux_g", std::nan("")}})), "");
  EXPECT_NE(refusal({"flux_g"}, std::numeric_limits<double>::infinity()), "");
}

}  // namespace
}  // namespace asterism::models
