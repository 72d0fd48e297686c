#include "tokenizers/shift_scan.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace asterism::tokenizers {
namespace {

constexpr int64_t kScanPixels = 400;
constexpr double kScanStep = 0.002;

// Lines of a few pixels at random places at rest, other ones in each row.
void draw_lines(RestTemplates& templates) {
  at::NoGradGuard no_grad;
  for (size_t set = 0; set < templates.sets(); ++set) {
    auto rows = templates.templates(set);
    const auto pixel = at::arange(rows.size(1), at::kFloat);
    for (int64_t k = 0; k < rows.size(0); ++k) {
      base::Random random(7, set, uint64_t(k), "test.lines");
      auto row = at::full({rows.size(1)}, k == 0 ? 1.0 : 0.0);
      for (double at = 10; at < double(rows.size(1)); at += random.uniform(20, 120))
        row += random.uniform(-1, 3) * at::exp(-0.5 * ((pixel - at) / 3).square());
      rows[k].copy_(row);
    }
  }
}

class ShiftScanTest : public testing::Test {
 protected:
  ShiftScanTest() { draw_lines(templates_); }
  // A spectrum of the set, of signal-to-noise 20 a pixel at the continuum.
  at::Tensor spectrum(size_t set, int64_t place) const {
    const auto u = at::randn({templates_.directions(set)}, at::kDouble) * 0.3;
    return templates_.draw(set, place, u) + at::randn({kScanPixels}) / 20;
  }
  nn::Parameters parameters_;
  RestTemplates templates_{
      nn::Scope(parameters_, 3), {{-0.004, 0.004, 2}, {0.02, 1.5, 3}, {0.1, 3, 2}}, kScanPixels, kScanStep};
};

TEST_F(ShiftScanTest, FindsSetAndRedshift) {
  at::NoGradGuard no_grad;
  at::manual_seed(1);
  const ShiftScan scan(templates_);
  const auto weight = at::full({kScanPixels}, 400.0f);
  int right = 0, all = 0;
  for (size_t set = 0; set < 3; ++set)
    for (int64_t i = 0; i < 12; ++i, ++all) {
      const int64_t place = (i * templates_.places(set)) / 12;
      const auto found = scan.find(spectrum(set, place).unsqueeze(0), weight.unsqueeze(0))[0];
      right += found.set == set && std::abs(found.place - place) <= 2 ? 1 : 0;
    }
  EXPECT_GE(right, all - 1);
}

TEST_F(ShiftScanTest, NumbersTooLargeToSquareAreNoDefect) {
  const auto found = ShiftScan(templates_).find(at::full({1, kScanPixels}, -3e37f), at::full({1, kScanPixels}, 1.0f));
  EXPECT_EQ(found[0].set, 0u);
  EXPECT_EQ(found[0].u_K.size(0), 2);
  EXPECT_TRUE(std::isinf(found[0].score));
}

// Against every place of every set on the grid itself, one by one.
TEST_F(ShiftScanTest, FindsWhatTryingEverythingFinds) {
  at::NoGradGuard no_grad;
  at::manual_seed(2);
  const ShiftScan scan(templates_);
  for (int64_t i = 0; i < 4; ++i) {
    const auto flux = spectrum(1, 100 + 300 * i);
    auto weight = at::full({kScanPixels}, 400.0f);
    weight.narrow(0, 50 * i, 60).zero_();
    double least = INFINITY;
    for (size_t set = 0; set < 3; ++set)
      for (int64_t place = 0; place < templates_.places(set); ++place)
        least = std::min(least,
                         templates_.fit(set, {place}, flux.unsqueeze(0), weight.unsqueeze(0)).score_M.item<double>());
    EXPECT_NEAR(scan.find(flux.unsqueeze(0), weight.unsqueeze(0))[0].score, least, 0.5)  // sums of 400 pixels in fp32
        << i;
  }
}

TEST_F(ShiftScanTest, RowsDoNotDependOnEachOther) {
  at::NoGradGuard no_grad;
  at::manual_seed(3);
  const ShiftScan scan(templates_);
  const auto flux = at::stack({spectrum(0, 3), spectrum(1, 500), spectrum(2, 900)});
  const auto weight = at::full_like(flux, 400);
  const auto together = scan.find(flux, weight);
  for (int64_t i = 0; i < 3; ++i) {
    const auto alone = scan.find(flux.narrow(0, i, 1), weight.narrow(0, i, 1))[0];
    EXPECT_EQ(alone.place, together[size_t(i)].place);
    EXPECT_TRUE(at::equal(alone.u_K, together[size_t(i)].u_K));
  }
}

TEST_F(ShiftScanTest, AKnownRedshiftIsKept) {
  at::NoGradGuard no_grad;
  at::manual_seed(4);
  const auto weight = at::full({kScanPixels}, 400.0f);
  Found found;
  ASSERT_TRUE(ShiftScan::at(templates_, 0.5, spectrum(2, templates_.place(2, 0.5)), weight, found));
  EXPECT_EQ(found.set, 2u);
  EXPECT_EQ(found.place, templates_.place(2, 0.5));
  EXPECT_FALSE(ShiftScan::at(templates_, 7, weight, weight, found));
  EXPECT_FALSE(ShiftScan::at(templates_, NAN, weight, weight, found));
}

// Lines of 3 pixels seen through 6: with the blur the place is found as of sharp ones, and explained better.
TEST_F(ShiftScanTest, BlurredSpectraAreFoundByBlurredTemplates) {
  at::NoGradGuard no_grad;
  at::manual_seed(5);
  const ShiftScan scan(templates_);
  auto sigma = at::full({24, kScanPixels}, 6.0f);
  sigma.narrow(1, 200, 200).fill_(5);
  LineSpreads spreads(sigma);
  const auto weight = at::full({24, kScanPixels}, 400.0f);
  auto flux = at::zeros({24, kScanPixels});
  std::vector<int64_t> places;
  for (int64_t i = 0; i < 24; ++i) {
    places.push_back(200 + i * (templates_.places(1) - 400) / 24);
    const auto u = at::randn({3}, at::kDouble) * 0.3;
    flux[i] = spreads.of(i)->of(templates_.draw(1, places.back(), u)) + at::randn({kScanPixels}) / 20;
  }
  const auto with = scan.find(flux, weight, spreads), without = scan.find(flux, weight);
  int right = 0, better = 0;
  for (size_t i = 0; i < 24; ++i) {
    right += with[i].set == 1 && std::abs(with[i].place - places[i]) <= 4 ? 1 : 0;
    better += with[i].score + 100 < without[i].score ? 1 : 0;
  }
  EXPECT_GE(right, 22);
  EXPECT_GE(better, 23);
  const auto [joined, joined_weight] = ShiftScan::joined(flux, weight);
  const auto blurred = scan.scores(1, joined, joined_weight, std::vector<double>(24, 5.5));
  const auto sharp = scan.scores(1, joined, joined_weight);
  EXPECT_LT(std::get<0>(blurred.min(1)).mean().item<double>(), std::get<0>(sharp.min(1)).mean().item<double>() - 100);
}

TEST_F(ShiftScanTest, NoLightIsStillAnAnswer) {
  at::NoGradGuard no_grad;
  const auto nothing = ShiftScan(templates_).find(at::zeros({2, kScanPixels}), at::zeros({2, kScanPixels}));
  EXPECT_EQ(nothing.size(), 2u);
  EXPECT_TRUE(at::isfinite(nothing[0].u_K).all().item<bool>());
}

}  // namespace
}  // namespace asterism::tokenizers
