#include "tokenizers/image_template_fit.h"

#include <gtest/gtest.h>

namespace asterism::tokenizers {
namespace {

// 60 images of 8 x 8 pixels that are a mean and two patterns.
struct Patterns {
  at::Tensor flux, truth;
  Patterns() {
    const auto part = [](at::IntArrayRef shape, const char* name) {
      return nn::initial_value(shape, nn::Init::normal(1), 5, name);
    };
    truth = at::mm(at::cat({at::ones({60, 1}), part({60, 2}, "z")}, 1), part({3, 64}, "patterns")).view({60, 1, 8, 8});
    flux = truth + part({60, 1, 8, 8}, "noise") * 0.01;
  }
};

ImageTemplateSets upright(nn::Parameters& parameters, int64_t sets, int64_t directions) {
  ImageTemplateSettings s;
  s.frames.resize(size_t(sets));
  s.directions = directions;
  s.tokens = 2;
  return {nn::Scope(parameters, 1), s, 1, 8};
}

TEST(ImageTemplateFit, FindsThePatterns) {
  nn::Parameters parameters;
  auto sets = upright(parameters, 1, 2);
  const Patterns images;
  EXPECT_EQ(fit_image_templates(sets, images.flux, at::full_like(images.flux, 1e4), 2), std::vector<int64_t>{60});
  const auto codes = sets.code(images.flux, at::full_like(images.flux, 1e4));
  EXPECT_LT((codes.chi2_M / 64).mean().item<double>(), 2);  // 10 bits a coefficient
  EXPECT_LT((sets.draw(codes) - images.truth).square().mean().sqrt().item<double>(), 0.02);
}

TEST(ImageTemplateFit, WhatIsMissingIsFilledIn) {
  nn::Parameters parameters;
  auto sets = upright(parameters, 1, 2);
  const Patterns images;
  const auto weight = at::full_like(images.flux, 1e4);
  for (int64_t i = 0; i < 60; ++i) weight[i][0][i % 8].zero_();
  const auto holed = at::where(weight > 0, images.flux, at::zeros({}));
  fit_image_templates(sets, holed, weight, 8);
  EXPECT_LT((sets.draw(sets.code(holed, weight)) - images.truth).square().mean().sqrt().item<double>(), 0.1);
}

TEST(ImageTemplateFit, SetsOfOneFrameBeginApart) {
  nn::Parameters parameters;
  auto sets = upright(parameters, 2, 2);
  const Patterns images;
  const auto counts = fit_image_templates(sets, images.flux, at::full_like(images.flux, 1e4), 1);
  EXPECT_EQ(counts[0] + counts[1], 60);
  EXPECT_FALSE(at::allclose(sets.templates()[0], sets.templates()[1]));
}

TEST(ImageTemplateFit, TooFewTeachNothing) {
  nn::Parameters parameters;
  auto sets = upright(parameters, 1, 2);
  const auto before = sets.templates().clone();
  const Patterns images;
  const auto few = images.flux.narrow(0, 0, fewest_to_fit(2) - 1);
  EXPECT_EQ(fit_image_templates(sets, few, at::ones_like(few), 2), std::vector<int64_t>{5});
  EXPECT_TRUE(at::equal(sets.templates(), before));
}

}  // namespace
}  // namespace asterism::tokenizers
