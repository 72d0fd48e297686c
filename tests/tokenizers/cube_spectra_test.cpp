#include "tokenizers/cube_spectra.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tokenizers/rebin.h"

namespace asterism::tokenizers {
namespace {

// 4 x 4 spaxels of one spectrum, the brighter the further; the last has no data.
CubeRow slope() {
  CubeRow out;
  out.scale = 1;
  const auto bright = at::arange(16, at::kFloat).unsqueeze(1) + 1, spectrum = at::arange(1, 9).to(at::kFloat);
  out.flux_SL = bright * spectrum;
  out.ivar_SL = at::full({16, 8}, 4.0f);
  out.ivar_SL[15].zero_();
  out.flux_SL[15].zero_();
  return out;
}

TEST(CubeSpectra, TheSumHasTheShapeOfAll) {
  const auto sum = summed_spectrum(slope());
  const auto expected = at::arange(1, 9).to(at::kFloat);
  EXPECT_TRUE(at::allclose(sum.flux_BL[0] / sum.flux_BL[0][0], expected, 1e-5));
  EXPECT_NEAR(sum.flux_BL.mean().item<double>(), 1, 1e-5);
  auto dark = slope();
  dark.flux_SL.neg_();
  EXPECT_TRUE(at::isfinite(summed_spectrum(dark).flux_BL).all().item<bool>());
}

TEST(CubeSpectra, JoinedSpaxelsAreTheBrightestMeans) {
  const auto all = joined_spaxels(slope(), 4, 4, 2, 100);
  EXPECT_EQ(all.flux_BL.size(0), 4);
  const auto two = joined_spaxels(slope(), 4, 4, 2, 2);
  ASSERT_EQ(two.flux_BL.size(0), 2);
  EXPECT_TRUE(at::equal(two.flux_BL, all.flux_BL.narrow(0, 0, 2)));
  EXPECT_GT(two.weight_BL[0].sum().item<double>(), two.weight_BL[1].sum().item<double>());
  EXPECT_NEAR(all.flux_BL.mean().item<double>(), 1, 1e-5);
  EXPECT_EQ(joined_spaxels(slope(), 4, 4, 1, 100).flux_BL.size(0), 15);  // one has no data
}

TEST(CubeSpectra, SpreadOutIsTheSameEveryFewPixels) {
  const auto x = at::arange(6, at::kFloat).view({2, 3}) + 1;
  const auto wide = spread_out(x, 4);
  EXPECT_EQ(wide.sizes(), at::IntArrayRef({2, 12}));
  EXPECT_TRUE(at::equal(wide.slice(1, 0, std::nullopt, 4), x));
  EXPECT_EQ(wide.sum().item<float>(), x.sum().item<float>());
}

TEST(CubeSpectra, WavelengthsLieBetweenTheMiddlesOfPixels) {
  const auto edges = grid_edges(4000, 8000, 10, true);
  std::vector<float> wanted{3999, 4001};
  for (size_t i = 0; i < 10; ++i) wanted.push_back(float(std::sqrt(edges[i] * edges[i + 1])));
  wanted.push_back(7999);
  wanted.push_back(8001);
  const auto places = drawn_at(edges, 4, wanted);
  const auto drawn = places.of(at::arange(40, at::kFloat).unsqueeze(0))[0];
  for (int64_t i = 0; i < 10; ++i) EXPECT_NEAR(drawn[2 + i].item<double>(), double(4 * i), 1e-3);
  EXPECT_EQ(drawn[1].item<float>(), 0);
  EXPECT_EQ(drawn[12].item<float>(), 36);
  EXPECT_EQ(places.inside[0].item<float>(), 0);
  EXPECT_EQ(places.inside[1].item<float>(), 1);
  EXPECT_EQ(places.inside[13].item<float>(), 0);
}

}  // namespace
}  // namespace asterism::tokenizers
