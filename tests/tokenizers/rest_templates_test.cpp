#include "tokenizers/rest_templates.h"

#include <gtest/gtest.h>

#include <cmath>

namespace asterism::tokenizers {
namespace {

constexpr int64_t kRestPixels = 40;
constexpr double kRestStep = 0.01;

class RestTemplatesTest : public testing::Test {
 protected:
  nn::Parameters parameters_;
  RestTemplates templates_{nn::Scope(parameters_, 3), {{-0.02, 0.02, 2}, {0.05, 0.5, 3}}, kRestPixels, kRestStep};
};

TEST_F(RestTemplatesTest, PlacesAreRedshifts) {
  for (size_t set = 0; set < 2; ++set)
    for (int64_t place = 1; place + 1 < templates_.places(set); ++place)
      EXPECT_EQ(templates_.place(set, templates_.redshift(set, place)), place);
  EXPECT_EQ(templates_.place(0, 0.3), -1);
  EXPECT_EQ(templates_.place(1, 0.0), -1);
  EXPECT_EQ(templates_.place(1, NAN), -1);
  EXPECT_NEAR(templates_.redshift(1, templates_.place(1, 0.3)), 0.3, 1.3 * kRestStep / 8);
}

TEST_F(RestTemplatesTest, ALineIsSeenAtItsWavelengthTimesOnePlusZ) {
  at::NoGradGuard no_grad;
  auto row = templates_.templates(1)[1];
  row.zero_();
  const int64_t lowest = templates_.place(1, 0.07), next = lowest + 3 * RestTemplates::kPlacesPerPixel;
  const auto at_rest = int64_t(templates_.offset(1, lowest)) + 20;
  row[at_rest] = 1;
  const auto peak = [&](int64_t place) { return templates_.seen(1, place)[1].argmax().item<int64_t>(); };
  EXPECT_EQ(peak(next) - peak(lowest), 3);  // three steps of ln(wavelength) to the red
  EXPECT_NEAR(std::log1p(templates_.redshift(1, next)) - std::log1p(templates_.redshift(1, lowest)), 3 * kRestStep,
              1e-9);
}

TEST_F(RestTemplatesTest, DrawsTheMeanAndTheDirections) {
  const auto u = at::tensor({0.5, -2.0, 1.0}, at::kDouble);
  for (const int64_t place : {int64_t(0), int64_t(7), templates_.places(1) - 1}) {
    const auto seen = templates_.seen(1, place);
    const auto sum = seen[0] + 0.5 * seen[1] - 2 * seen[2] + seen[3];
    EXPECT_TRUE(at::allclose(templates_.draw(1, place, u), sum, 1e-5, 1e-5)) << place;
  }
}

// Against the definition: flux is normal with the covariance 1 / weight + B B^T about the mean.
TEST_F(RestTemplatesTest, TheScoreIsTheEvidence) {
  at::NoGradGuard no_grad;
  const auto flux = at::randn({2, kRestPixels}), weight = at::rand({2, kRestPixels}) * 5 + 0.1;
  const auto fit = templates_.fit(1, {3, 50}, flux, weight, true);
  double constant = 0;
  for (int64_t i = 0; i < 2; ++i) {
    const auto seen = templates_.seen(1, i == 0 ? 3 : 50).to(at::kDouble);
    const auto b = seen.narrow(0, 1, 3), r = flux[i].to(at::kDouble) - seen[0];
    const auto noise = at::diag(1 / weight[i].to(at::kDouble));
    const auto covariance = noise + at::matmul(b.t(), b);
    const double squares = at::dot(r, at::linalg_solve(covariance, r)).item<double>();
    constant = at::logdet(covariance).item<double>() - at::logdet(noise).item<double>();
    EXPECT_NEAR(fit.score_M[i].item<double>(), squares + constant, 1e-5 * squares);
    // and the coefficients: the posterior's mean and covariance
    const auto precision = at::eye(3, at::kDouble) + at::matmul(b * weight[i], b.t());
    EXPECT_TRUE(at::allclose(fit.spread_MKK[i], at::linalg_inv(precision), 1e-4, 1e-6));
    EXPECT_TRUE(at::allclose(fit.u_MK[i], at::linalg_solve(precision, at::mv(b * weight[i], r)), 1e-3, 1e-4));
  }
}

TEST_F(RestTemplatesTest, WhatHasNoWeightHasNoInfluence) {
  at::NoGradGuard no_grad;
  auto flux = at::randn({1, kRestPixels}), weight = at::ones({1, kRestPixels});
  weight.narrow(1, 10, 8).zero_();
  const auto before = templates_.fit(0, {2}, flux, weight);
  flux.narrow(1, 10, 8).fill_(1e4);
  EXPECT_TRUE(at::allclose(templates_.fit(0, {2}, flux, weight).u_MK, before.u_MK));
  // nothing at all: the prior
  const auto nothing = templates_.fit(0, {2}, flux, at::zeros_like(weight));
  EXPECT_EQ(nothing.u_MK.abs().max().item<double>(), 0);
  EXPECT_EQ(nothing.score_M.item<double>(), 0);
}

}  // namespace
}  // namespace asterism::tokenizers
