#include "tokenizers/scene_fit.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace asterism::tokenizers {
namespace {

const std::vector<double> kKnots{4000, 5000, 6500, 9000};

// Sources whose Gaussians vary in two ways, as one survey sees them in its bands.
struct Survey {
  SceneSums sums;
  at::Tensor flux;
  Survey(int64_t m, std::vector<double> wavelengths, uint64_t seed) {
    std::vector<modalities::Band> bands;
    for (const double w : wavelengths) bands.push_back({std::to_string(int(w)), w, 0});
    const int64_t g = gaussians_of(SceneKind::point);
    const auto truth = nn::initial_value({3, g, 1}, nn::Init::normal(1), 7, "truth").to(at::kDouble) *
                       at::tensor({1.0, 1.2, 1.5, 2.0}, at::kDouble);  // linear along the knots, or nearly
    const auto z = nn::initial_value({m, 2}, nn::Init::normal(1), seed, "z").to(at::kDouble);
    const auto weights = BandWeights(kKnots).of(bands, "test");
    flux = at::matmul(truth[0] + at::matmul(z, truth.narrow(0, 1, 2).flatten(1)).view({m, g, 4}), weights.t())
               .transpose(1, 2)
               .contiguous();
    const double precision = 1e4;
    const auto seen = flux + nn::initial_value(flux.sizes(), nn::Init::normal(0.01), seed, "noise").to(at::kDouble);
    sums = {at::eye(g, at::kDouble).expand({m, int64_t(bands.size()), g, g}).contiguous() * precision, seen * precision,
            weights, at::ones({m}, at::kDouble)};
  }
};

double left(const SceneTemplates& templates, const Survey& of) {
  const auto drawn = templates.fluxes(templates.code(of.sums), of.sums.weights_CL).to(at::kDouble);
  return ((drawn - of.flux).square().mean() / of.flux.square().mean()).item<double>();
}

TEST(SceneFit, LearnsFromSurveysThatShareNoBand) {
  nn::Parameters parameters;
  SceneTemplates templates(nn::Scope(parameters, 1), SceneKind::point, 2, 2, 10, 4);
  const Survey blue(150, {4000, 5000}, 1), red(150, {6500, 9000}, 2), both(50, {4000, 5000, 6500, 9000}, 3);
  fit_scene_templates(templates, BandWeights(kKnots), {blue.sums, red.sums, both.sums}, {});
  EXPECT_LT(left(templates, blue), 1e-3);
  EXPECT_LT(left(templates, red), 1e-3);
  const Survey unseen(50, {4500, 8000}, 4);
  EXPECT_LT(left(templates, unseen), 1e-3);
}

TEST(SceneFit, BitsGoToWhatVaries) {
  nn::Parameters parameters;
  SceneTemplates templates(nn::Scope(parameters, 1), SceneKind::point, 4, 2, 10, 4);
  const Survey all(300, kKnots, 1);
  fit_scene_templates(templates, BandWeights(kKnots), {all.sums}, {});
  const auto bits = templates.tokens().bits();
  EXPECT_GE(bits[0], bits[3]);
  EXPECT_GE(bits[0] + bits[1], 12);
}

TEST(SceneFit, TooFewImages) {
  nn::Parameters parameters;
  SceneTemplates templates(nn::Scope(parameters, 1), SceneKind::point, 2, 2, 10, 4);
  const Survey few(5, kKnots, 1);
  EXPECT_THROW(fit_scene_templates(templates, BandWeights(kKnots), {few.sums}, {}), base::CheckError);
}

}  // namespace
}  // namespace asterism::tokenizers
