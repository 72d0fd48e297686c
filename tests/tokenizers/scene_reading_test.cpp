#include "tokenizers/scene_reading.h"

#include <gtest/gtest.h>

#include "example_scenes.h"
#include "tokenizers/block_tensors.h"

namespace asterism::tokenizers {
namespace {

const SceneTokens kReadTokens({1024, -3, 5, 2});

ScenePixels pixels_of(const modalities::ImageBlock& b) {
  const std::vector<int64_t> shape{b.n, int64_t(b.bands.size()), b.height, b.width};
  return {wrap(b.flux, shape), wrap(b.ivar, shape), wrap(b.psf_fwhm_arcsec, {b.n, shape[1]}), b.pixel_scale_arcsec,
          BandWeights({4000, 6000, 10000}).of(b.bands, "test")};
}

TEST(SceneReading, ABrightnessIsThatOfItsBands) {
  const auto block = test::scenes(12);
  const auto read = read_scenes(SceneKind::galaxy, pixels_of(block), kReadTokens);
  const int64_t pixels = block.height * block.width;
  for (int64_t i = 0; i < 12; ++i) {
    double flux = 0;
    for (int64_t p = 0; p < 3 * pixels; ++p) flux += double(block.flux[size_t(i * 3 * pixels + p)]) / 3;
    EXPECT_NEAR(read.sums.brightness_M[i].item<double>() / flux, 1, 0.1) << i;
  }
}

TEST(SceneReading, TheSumsSayWhatThePixelsLeave) {
  const auto block = test::scenes(8);
  const auto pixels = pixels_of(block);
  for (const auto kind : {SceneKind::point, SceneKind::galaxy}) {
    const auto read = read_scenes(kind, pixels, kReadTokens);
    nn::Parameters parameters;
    SceneTemplates templates(nn::Scope(parameters, 1), kind, 2, 2, 6, 3);
    templates.tokens().fit(nn::initial_value({50, 2}, nn::Init::normal(1), 1, "z"), at::ones({50}));
    const auto ids = templates.code(read.sums);
    const auto bases =
        scene_bases(kind, read.ids_M6, pixels.psf_fwhm_MC, pixels.pixel_scale_arcsec, block.height, kReadTokens);
    const auto flux = templates.fluxes(ids, pixels.weights_CL) * read.sums.brightness_M.view({-1, 1, 1});
    const auto drawn = at::matmul(flux.to(at::kFloat).unsqueeze(2), bases).squeeze(2).view_as(pixels.flux_MCSS);
    const auto expected = ((pixels.flux_MCSS - drawn).square() * pixels.weight_MCSS).sum({1, 2, 3});
    const auto got = chi2_of(read, templates, ids);
    EXPECT_TRUE(at::allclose(got.to(at::kFloat), expected, 1e-3, 1)) << got << expected;
  }
}

TEST(SceneReading, TheBestStretchLeavesLeast) {
  const auto block = test::scenes(12);
  const auto pixels = pixels_of(block);
  const SceneTokens tokens({1024, -3, 5, 2, 4});
  const auto read = read_scenes(SceneKind::galaxy, pixels, tokens);
  nn::Parameters parameters;
  SceneTemplates templates(nn::Scope(parameters, 1), SceneKind::galaxy, 3, 3, 4, 3);
  templates.templates().detach().mul_(30);
  templates.tokens().fit(nn::initial_value({50, 3}, nn::Init::normal(1), 1, "z"), at::ones({50}));
  const auto best = best_code(read, templates, tokens);
  std::vector<at::Tensor> each;
  for (const double stretch : kStretches)
    each.push_back(chi2_of(read, templates, templates.code(read.sums, stretch), stretch));
  const auto [least, which] = at::stack(each).min(0);
  EXPECT_TRUE(at::equal(best.chi2_M, least));
  EXPECT_GT(which.max().item<int64_t>(), which.min().item<int64_t>());  // not one for all
  for (int64_t i = 0; i < 12; ++i) {
    const int64_t k = which[i].item<int64_t>(), id = best.ids_MT[i][0].item<int64_t>();
    EXPECT_EQ(id, tokens.stretched(read.ids_M6[i][0].item<int64_t>(), k));
    EXPECT_TRUE(at::equal(best.ids_MT[i].narrow(0, kSceneHead, 3), templates.code(read.sums, kStretches[k])[i]));
  }
}

TEST(SceneReading, OfAPointAnEllipseLeavesAsMuch) {
  const auto block = test::scenes(24);
  const auto pixels = pixels_of(block);
  const auto point = read_scenes(SceneKind::point, pixels, kReadTokens),
             galaxy = read_scenes(SceneKind::galaxy, pixels, kReadTokens);
  for (int64_t i = 0; i < 24; ++i) {
    const double gain = (point.pose_chi2_M[i] - galaxy.pose_chi2_M[i]).item<double>();
    if (test::shows_point(i)) EXPECT_LT(gain, 25) << i;
  }
}

TEST(SceneReading, ABandThatIsGoneChangesNoPose) {
  const auto block = test::scenes(6);
  auto pixels = pixels_of(block);
  const auto whole = read_scenes(SceneKind::galaxy, pixels, kReadTokens);
  // the faintest band of each
  auto without = pixels;
  without.weight_MCSS = pixels.weight_MCSS.clone();
  without.flux_MCSS = pixels.flux_MCSS.clone();
  const auto signal = (pixels.flux_MCSS.square() * pixels.weight_MCSS).sum({2, 3});
  const auto least = signal.argmin(1);
  for (int64_t i = 0; i < 6; ++i) {
    without.weight_MCSS[i][least[i].item<int64_t>()].zero_();
    without.flux_MCSS[i][least[i].item<int64_t>()].zero_();
  }
  const auto part = read_scenes(SceneKind::galaxy, without, kReadTokens);
  EXPECT_TRUE(at::equal(part.ids_M6.narrow(1, 1, 5), whole.ids_M6.narrow(1, 1, 5)));
  EXPECT_TRUE(at::isfinite(part.sums.brightness_M).all().item<bool>());
}

}  // namespace
}  // namespace asterism::tokenizers
