#include "infer/likelihood.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/base/refusal.h"
#include "tests/models/tiny_sky.h"

namespace asterism::infer {
namespace {

using testing::HasSubstr;

modalities::ScalarBlock values(std::vector<double> x, std::string unit = "") {
  auto block = models::tiny::scalar(int64_t(x.size()), false);
  block.unit = std::move(unit);
  block.value.assign(x.begin(), x.end());
  return block;
}

// Three objects on the edges 0, 1, 3, 4: probabilities 0.2, 0.6, 0.2.
models::ScalarPosterior posterior(int64_t n) {
  const auto p = at::tensor({0.2, 0.6, 0.2}, at::kDouble).expand({n, 3});
  return {p, at::tensor({0.0, 1.0, 3.0, 4.0}, at::kDouble), "mag"};
}

TEST(Likelihood, IsADensityInsideTheBins) {
  const auto out = recorded_ln_density_N("m", posterior(3), values({0.5, 2.0, 4.0}, "mag"));
  EXPECT_NEAR(out[0].item<double>(), std::log(0.2), 1e-12);
  EXPECT_NEAR(out[1].item<double>(), std::log(0.3), 1e-12);  // two wide
  EXPECT_NEAR(out[2].item<double>(), std::log(0.2), 1e-12);  // the last edge is in
}

TEST(Likelihood, BeyondTheBinsIsRareAndNeverImpossible) {
  const auto out = recorded_ln_density_N("m", posterior(4), values({4.0 + 1e-9, 5.0, 103.0, -9.0}, "mag"));
  EXPECT_NEAR(out[0].item<double>(), std::log(0.2), 1e-6);  // no step at the edge
  EXPECT_NEAR(out[1].item<double>(), std::log(0.2 / 2), 1e-12);
  EXPECT_NEAR(out[2].item<double>(), std::log(0.2 / 100), 1e-12);
  EXPECT_NEAR(out[3].item<double>(), std::log(0.2 / 10), 1e-12);
  const auto certain = models::ScalarPosterior(at::tensor({1.0, 0.0}, at::kDouble).unsqueeze(0),
                                               at::tensor({0.0, 1.0, 2.0}, at::kDouble), "mag");
  EXPECT_TRUE(std::isfinite(recorded_ln_density_N("m", certain, values({1.5}, "mag"))[0].item<double>()));
}

TEST(Likelihood, AbsentIsAbsent) {
  auto block = values({0.5, NAN, 0.5}, "mag");
  block.present[0] = 0;
  const auto out = recorded_ln_density_N("m", posterior(3), block);
  EXPECT_TRUE(std::isnan(out[0].item<double>()));
  EXPECT_TRUE(std::isnan(out[1].item<double>()));
  EXPECT_TRUE(std::isfinite(out[2].item<double>()));
}

TEST(Likelihood, RefusesOtherUnitsAndOtherKinds) {
  EXPECT_THAT(test::refusal([] { recorded_ln_density_N("m", posterior(1), values({1}, "nanomaggy")); }),
              HasSubstr("'m' is in 'nanomaggy' and the model predicts it in 'mag'"));
  EXPECT_THAT(test::refusal([] { recorded_ln_density_N("m", posterior(1), models::tiny::spectrum(1, 4)); }),
              HasSubstr("is a spectrum in these data"));
}

TEST(Likelihood, ColumnsAreTheModelsOwnLikelihood) {
  auto sky = models::tiny::sky(8);
  models::tiny::remove(sky, "redshift", 3);
  models::tiny::remove(sky, "image_legacy", 5);
  models::AnyToAny model(models::tiny::sky_model(), models::tiny::codecs(sky));
  model.fit(sky);
  models::PredictRequest request;
  request.given = {"flux_g"};
  request.targets = {"redshift", "image_legacy"};
  request.sampler.steps = 1;
  const auto prediction = model.predict(sky, request);
  NewColumns columns;
  for (const auto& target : request.targets) add_log_likelihood(model, prediction, sky, request.given, target, columns);
  ASSERT_EQ(columns.size(), 2U);
  EXPECT_EQ(columns[0].first->name(), "redshift_log_likelihood");
  EXPECT_EQ(
      *columns[0].first->metadata()->Get("description"),
      "ln p(recorded redshift given the inputs), nats; p is a probability density");  // of a number without a unit
  for (size_t c = 0; c < 2; ++c) {
    const auto expected = model.log_likelihood_N(sky, request.given, request.targets[c]);
    const auto& found = dynamic_cast<const arrow::DoubleArray&>(*columns[c].second);
    for (int64_t i = 0; i < 8; ++i) {
      const double value = expected[i].item<double>();
      EXPECT_EQ(found.IsNull(i), std::isnan(value)) << request.targets[c] << " " << i;
      if (!found.IsNull(i)) {
        EXPECT_NEAR(found.Value(i), value, 1e-5 * std::abs(value));
      }
    }
  }
  EXPECT_TRUE(columns[0].second->IsNull(3));
  EXPECT_TRUE(columns[1].second->IsNull(5));
  auto less = sky;
  less.blocks.erase("redshift");
  EXPECT_THAT(test::refusal([&] { add_log_likelihood(model, prediction, less, {"flux_g"}, "redshift", columns); }),
              HasSubstr("no 'redshift'"));
}

}  // namespace
}  // namespace asterism::infer
