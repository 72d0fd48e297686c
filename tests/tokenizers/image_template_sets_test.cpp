#include "tokenizers/image_template_sets.h"

#include <gtest/gtest.h>

#include "example_sky.h"
#include "tokenizers/block_tensors.h"
#include "tokenizers/image_template_fit.h"

namespace asterism::tokenizers {
namespace {

constexpr int64_t kSide = 24;

// In units of each image's own brightness, as the codec gives them.
std::pair<at::Tensor, at::Tensor> sky_pixels(int64_t n, uint64_t seed) {
  const auto b = test::stars_and_galaxies(n, kSide, seed);
  const std::vector<int64_t> shape{n, 3, kSide, kSide};
  const auto flux = wrap(b.flux, shape), ivar = wrap(b.ivar, shape);
  const auto scale = (flux.square() * ivar).flatten(1).sum(1).sqrt().view({-1, 1, 1, 1}) * 0.01;
  return {flux / scale, ivar * scale.square()};
}

ImageTemplateSettings star_and_galaxy() {
  ImageTemplateSettings s;
  s.frames = {{1, 8, 1, 2.5}, {16, 1, 1, 2}};
  s.directions = 8;
  s.tokens = 4;
  return s;
}

struct Learned {
  nn::Parameters parameters;
  ImageTemplateSets sets;
  std::vector<int64_t> counts;
  Learned() : sets(nn::Scope(parameters, 1), star_and_galaxy(), 3, kSide) {
    const auto [flux, weight] = sky_pixels(450, 1);
    counts = fit_image_templates(sets, flux, weight, 4);
  }
};

const Learned& learned() {
  static const Learned once;
  return once;
}

TEST(ImageTemplateSets, LearnsStarsAndGalaxiesApart) {
  const auto& sets = learned().sets;
  EXPECT_NEAR(double(learned().counts[0]), 150, 40);
  EXPECT_EQ(learned().counts[0] + learned().counts[1], 450);
  const auto [flux, weight] = sky_pixels(150, 2);
  const auto codes = sets.code(flux, weight, measure_shapes(flux));
  const auto star = at::remainder(at::arange(150), 3) == 0;
  EXPECT_GT((codes.set_M == at::where(star, 0, 1)).to(at::kDouble).mean().item<double>(), 0.95);
  const auto pixels = (weight > 0).flatten(1).sum(1);
  EXPECT_LT((codes.chi2_M / pixels).mean().item<double>(), 2.5);
  // what is drawn is what was judged
  const auto left = ((flux - sets.draw(codes)).square() * weight).flatten(1).sum(1, false, at::kDouble);
  EXPECT_TRUE(at::allclose(left, codes.chi2_M, 1e-3, 1e-3));
}

TEST(ImageTemplateSets, TheBestSetIsTheOneWithLeastChiSquare) {
  const auto& sets = learned().sets;
  const auto [flux, weight] = sky_pixels(40, 3);
  const auto shapes = measure_shapes(flux);
  const auto best = sets.code(flux, weight, measure_shapes(flux)), star = sets.code_in(0, flux, weight, shapes),
             galaxy = sets.code_in(1, flux, weight, shapes);
  EXPECT_TRUE(at::equal(best.chi2_M, at::minimum(star.chi2_M, galaxy.chi2_M)));
  EXPECT_TRUE(at::equal(best.ids_MT, at::where((best.set_M == 0).unsqueeze(1), star.ids_MT, galaxy.ids_MT)));
}

TEST(ImageTemplateSets, MissingPixelsHaveNoInfluence) {
  const auto& sets = learned().sets;
  const auto [flux, weight] = sky_pixels(20, 4);
  auto holes = weight.clone();
  holes.narrow(2, 0, 5).zero_();
  auto other = flux.clone();
  other.narrow(2, 0, 5).fill_(7);
  const auto shapes = measure_shapes(flux);
  const auto a = sets.code(flux, holes, shapes), b = sets.code(other, holes, shapes);
  EXPECT_TRUE(at::equal(a.ids_MT, b.ids_MT));
  EXPECT_TRUE(at::equal(a.set_M, b.set_M));
}

// With three good pixels of enormous weight the prior decides the rest.
TEST(ImageTemplateSets, APriorHoldsWhatFewPixelsLeaveOpen) {
  const auto& sets = learned().sets;
  const auto [flux, weight] = sky_pixels(4, 6);
  auto few = at::zeros_like(weight);
  for (const int64_t at : {10, 12, 14}) few.select(2, 12).select(2, at).fill_(1e10);
  const auto codes = sets.code(flux, few, measure_shapes(flux));
  EXPECT_TRUE(at::isfinite(codes.chi2_M).all().item<bool>());
  EXPECT_LT(sets.draw(codes).abs().max().item<double>(), 100);
}

TEST(ImageTemplateSets, DrawsInTheOrderAsked) {
  const auto& sets = learned().sets;
  const auto [flux, weight] = sky_pixels(12, 5);
  auto codes = sets.code(flux, weight, measure_shapes(flux));
  const auto drawn = sets.draw(codes);
  const auto back = at::arange(11, -1, -1);
  codes = {codes.set_M.index_select(0, back), codes.pose_M.index_select(0, back), codes.ids_MT.index_select(0, back),
           codes.chi2_M};
  EXPECT_TRUE(at::allclose(sets.draw(codes), drawn.flip({0}), 1e-5, 1e-6));
}

}  // namespace
}  // namespace asterism::tokenizers
