#include "tokenizers/image_template_fit.h"

#include <gtest/gtest.h>

#include "base/error.h"

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
  const auto codes = sets.code(images.flux, at::full_like(images.flux, 1e4), measure_shapes(images.flux));
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
  EXPECT_LT(
      (sets.draw(sets.code(holed, weight, measure_shapes(holed))) - images.truth).square().mean().sqrt().item<double>(),
      0.1);
}

TEST(ImageTemplateFit, SetsBeginBySize) {
  nn::Parameters parameters;
  auto sets = upright(parameters, 2, 2);
  const auto x = at::arange(8, at::kFloat) - 3.5;
  const auto radius = x.unsqueeze(0).square() + x.unsqueeze(1).square();
  std::vector<at::Tensor> blobs;
  for (int64_t i = 0; i < 40; ++i) blobs.push_back(at::exp(radius / (i % 2 == 0 ? -2.0 : -8.0 - 0.1 * double(i))));
  const auto flux = at::stack(blobs).unsqueeze(1);
  EXPECT_EQ(fit_image_templates(sets, flux, at::full_like(flux, 1e4), 1), (std::vector<int64_t>{20, 20}));
  EXPECT_GT(sets.templates()[1][0].sum().item<double>(), sets.templates()[0][0].sum().item<double>());
}

TEST(ImageTemplateFit, ImagesOfNoWeightSayNothing) {
  nn::Parameters parameters, others;
  auto sets = upright(parameters, 1, 2), without = upright(others, 1, 2);
  const Patterns images;
  auto weight = at::full_like(images.flux, 1e4);
  weight.narrow(0, 50, 10).zero_();
  auto flux = images.flux.clone();
  flux.narrow(0, 50, 10).zero_();
  fit_image_templates(sets, flux, weight, 2);
  for (const auto& [name, value] : parameters.all()) EXPECT_TRUE(at::isfinite(value).all().item<bool>()) << name;
  fit_image_templates(without, flux.narrow(0, 0, 50), weight.narrow(0, 0, 50), 2);
  EXPECT_TRUE(at::allclose(sets.templates()[0][0], without.templates()[0][0], 1e-3, 1e-4));
}

TEST(ImageTemplateFit, TooFewAreRefused) {
  nn::Parameters parameters;
  auto sets = upright(parameters, 1, 2);
  const Patterns images;
  const auto few = images.flux.narrow(0, 0, fewest_to_fit(2) - 1);
  EXPECT_THROW(fit_image_templates(sets, few, at::ones_like(few), 2), base::CheckError);
}

}  // namespace
}  // namespace asterism::tokenizers
