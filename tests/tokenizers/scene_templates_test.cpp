#include "tokenizers/scene_templates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace asterism::tokenizers {
namespace {

using testing::HasSubstr;

const std::vector<modalities::Band> kBands{{"g", 4800, 0}, {"between", 5423, 0}, {"far", 90000, 0}};

TEST(BandWeights, ABandLiesBetweenItsNeighboursInLogarithm) {
  const BandWeights weights({4000, 4800, 6126.98, 9000});
  const auto w = weights.of(kBands, "test");
  EXPECT_NEAR(w[0][1].item<double>(), 1, 1e-9);                     // on a knot
  EXPECT_NEAR(w[1][1].item<double>(), 0.5, 1e-3);                   // half way to the next
  EXPECT_NEAR(w[2][3].item<double>(), 1, 1e-9);                     // beyond the end as at it
  EXPECT_TRUE(at::allclose(w.sum(1), at::ones({3}, at::kDouble)));  // a mean
}

TEST(BandWeights, AWideBandSeesMore) {
  const BandWeights weights({4000, 4800, 6126.98, 9000});
  const auto wide = weights.of({{"wide", 5000, 4000}}, "test")[0];
  for (int64_t l = 0; l < 4; ++l) EXPECT_GT(wide[l].item<double>(), 0) << l;
}

TEST(BandWeights, NamesAreKnownOrNot) {
  const BandWeights weights(std::vector<std::string>{"des-g", "des-r"});
  EXPECT_EQ(weights.of({{"des-r", 0, 0}}, "test")[0][1].item<double>(), 1);
  try {
    weights.of({{"des-x", 0, 0}}, "test");
    FAIL();
  } catch (const base::UserError& e) {
    EXPECT_THAT(e.what(), HasSubstr("'des-x'"));
  }
  EXPECT_THROW(BandWeights({4000, 5000}).of({{"g", 0, 0}}, "test"), base::UserError);
}

// Sums as if each band had seen G fluxes with this precision each.
SceneSums sums_of(const at::Tensor& flux_MCG, const at::Tensor& weights_CL, double precision) {
  const int64_t m = flux_MCG.size(0), c = flux_MCG.size(1), g = flux_MCG.size(2);
  return {at::eye(g, at::kDouble).expand({m, c, g, g}) * precision, flux_MCG * precision, weights_CL,
          at::ones({m}, at::kDouble)};
}

class SceneTemplatesOfThree : public testing::Test {
 protected:
  SceneTemplatesOfThree() : templates(nn::Scope(parameters, 1), SceneKind::point, 3, 3, 10, 4) {
    at::NoGradGuard no_grad;
    const int64_t g = gaussians_of(SceneKind::point);
    const auto basis = nn::initial_value({4, g, 4}, nn::Init::normal(1), 2, "test");
    templates.templates().detach().copy_(basis);
    z = nn::initial_value({400, 3}, nn::Init::normal(1), 3, "test");
    templates.tokens().fit(z, at::ones({400}));
    weights = BandWeights({4000, 5000, 6000, 9000}).of({{"a", 4500, 0}, {"b", 5500, 0}, {"c", 7000, 0}}, "test");
    const auto of_source = at::matmul(z, basis.narrow(0, 1, 3).flatten(1)).view({400, g, 4}) + basis[0];
    flux = at::matmul(of_source.to(at::kDouble), weights.t()).transpose(1, 2).contiguous();
  }
  nn::Parameters parameters;
  SceneTemplates templates;
  at::Tensor z, weights, flux;
};

TEST_F(SceneTemplatesOfThree, FindsTheCoefficients) {
  const auto sums = sums_of(flux, weights, 1e6);
  const auto found = templates.tokens().values(templates.code(sums));
  EXPECT_LT((found - z).abs().max().item<double>(), 0.3);  // one level of the tails
  EXPECT_LT((found - z).square().mean().item<double>(), 1e-3);
}

TEST_F(SceneTemplatesOfThree, WithoutInformationItIsTheMean) {
  auto sums = sums_of(flux, weights, 1e6);
  sums.squares_MCGG = sums.squares_MCGG * 1e-12;
  sums.products_MCG = sums.products_MCG * 1e-12;
  EXPECT_LT(templates.tokens().values(templates.code(sums)).abs().max().item<double>(), 0.1);
}

TEST_F(SceneTemplatesOfThree, RoundingOneAfterTheOtherBeatsRoundingEach) {
  // coarse levels, and fluxes that tie the coefficients together
  templates.tokens() = CoefficientTokens(nn::Scope(parameters, 1) / "coarse", 3, 3, 3);
  templates.tokens().fit(z, at::ones({400}));
  {
    at::NoGradGuard no_grad;
    templates.templates()[2].add_(templates.templates()[1] * 2);
    templates.templates()[3].sub_(templates.templates()[1]);
  }
  const auto mean = templates.templates().detach()[0].to(at::kDouble);
  const auto of_source =
      at::matmul(z, templates.templates().detach().narrow(0, 1, 3).flatten(1)).view({400, -1, 4}).to(at::kDouble) +
      mean;
  const auto sums = sums_of(at::matmul(of_source, weights.t()).transpose(1, 2).contiguous(), weights, 1e6);
  const auto matrix = scene_equations(templates.templates().detach(), sums).matrix_MKK;
  const auto left = [&](const at::Tensor& ids) {
    const auto off = (templates.tokens().values(ids) - z).to(at::kDouble);
    return at::matmul(off.unsqueeze(1), at::matmul(matrix, off.unsqueeze(2))).sum().item<double>();
  };
  EXPECT_LT(left(templates.code(sums)), 0.9 * left(templates.tokens().ids(z)));
}

TEST_F(SceneTemplatesOfThree, StretchedLevelsReachASourceUnlikeTheOthers) {
  const auto mean = templates.templates().detach()[0].to(at::kDouble);
  const auto far = flux * 4 - at::matmul(mean, weights.t()).t().unsqueeze(0) * 3;  // coefficients 4 z
  const auto sums = sums_of(far, weights, 1e6);
  at::NoGradGuard no_grad;
  const auto left = [&](double stretch) {
    const auto drawn = templates.fluxes(templates.code(sums, stretch), weights, at::full({400}, stretch));
    return (drawn.to(at::kDouble) - far).square().mean().item<double>();
  };
  EXPECT_LT(left(4), 0.1 * left(1));
}

TEST_F(SceneTemplatesOfThree, FluxesAreThoseOfTheTokens) {
  const auto ids = templates.code(sums_of(flux, weights, 1e6));
  const auto drawn = templates.fluxes(ids, weights);
  EXPECT_LT((drawn.to(at::kDouble) - flux).square().mean().item<double>(), 0.01 * flux.square().mean().item<double>());
  drawn.sum().backward();
  EXPECT_TRUE(parameters.parameters().begin()->second.grad().defined());
}

}  // namespace
}  // namespace asterism::tokenizers
