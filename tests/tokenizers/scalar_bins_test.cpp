#include "tokenizers/scalar_bins.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "example_blocks.h"

namespace asterism::tokenizers {
namespace {

ScalarBins fitted_bins(const std::string& spacing, int64_t bins = 64, int64_t n = 4000) {
  ScalarBinsSettings s;
  s.bins = bins;
  s.spacing = spacing;
  ScalarBins out(s);
  out.fit(test::scalars(n));
  return out;
}

TEST(ScalarBins, DecodesToTheCentreOfTheBin) {
  for (const char* spacing : {"equal_mass", "asinh", "linear", "error"}) {
    const auto bins = fitted_bins(spacing);
    const auto edges = bins.edges(), centres = bins.centres();
    EXPECT_TRUE((edges.diff() > 0).all().item<bool>());
    EXPECT_TRUE((centres >= edges.narrow(0, 0, 64)).all().item<bool>());
    EXPECT_TRUE((centres <= edges.narrow(0, 1, 64)).all().item<bool>());
    EXPECT_TRUE(at::equal(bins.bins_of(centres), at::arange(64))) << spacing;
    const modalities::Block block = test::scalars(100, 9);
    const auto tokens = bins.encode(block);
    const auto back = std::get<modalities::ScalarBlock>(bins.decode(tokens));
    for (int64_t i = 0; i < 100; ++i)
      EXPECT_EQ(back.value[size_t(i)], centres[tokens.ids[i][0].item<int64_t>()].item<double>());
  }
}

TEST(ScalarBins, EqualMassBinsHoldEqualNumbers) {
  const auto bins = fitted_bins("equal_mass");
  const auto count = at::bincount(bins.encode(modalities::Block(test::scalars(4000))).ids.view({-1}), {}, 64);
  EXPECT_GE(count.min().item<int64_t>(), 60);
  EXPECT_LE(count.max().item<int64_t>(), 65);
}

TEST(ScalarBins, NegativeFluxesStayApart) {
  const auto bins = fitted_bins("asinh");
  const auto ids = bins.bins_of(at::tensor({-0.9, -0.5, -0.1, 0.3}, at::kDouble));
  EXPECT_TRUE((ids.diff() > 0).all().item<bool>());
}

TEST(ScalarBins, BinsWhoseEdgesAreGivenNeedOneValue) {
  auto one = test::scalars(5);
  for (auto& value : one.value) value = 2;
  ScalarBinsSettings s;
  s.bins = 4;
  s.spacing = "linear";
  EXPECT_THROW(ScalarBins(s).fit(one), base::UserError);
  s.low = -0.5;
  s.high = 3.5;
  ScalarBins classes(s);
  classes.fit(one);
  EXPECT_TRUE(at::equal(classes.edges(), at::tensor({-0.5, 0.5, 1.5, 2.5, 3.5}, at::kDouble)));
  EXPECT_TRUE(at::equal(classes.centres(), at::tensor({0.0, 1.0, 2.0, 3.0}, at::kDouble)));
}

TEST(ScalarBins, OutOfRangeIsKnown) {
  const auto bins = fitted_bins("linear");
  const auto values = at::tensor({-1e6, 0.5, 1e6}, at::kDouble);
  EXPECT_TRUE(at::equal(bins.bins_of(values),
                        at::stack({at::zeros({}, at::kLong), bins.bins_of(values)[1], at::full({}, 63, at::kLong)})));
  EXPECT_TRUE(at::equal(bins.out_of_range(values), at::tensor({1, 0, 1}, at::kLong).to(at::kBool)));
}

TEST(ScalarBins, MissingStaysMissing) {
  const auto bins = fitted_bins("equal_mass");
  auto block = test::scalars(5);
  test::hide(block, 2);
  const auto tokens = bins.encode(modalities::Block(block));
  EXPECT_FALSE(tokens.present[2].item<bool>());
  const auto back = std::get<modalities::ScalarBlock>(bins.decode(tokens));
  EXPECT_EQ(back.present[2], 0);
  EXPECT_EQ(back.value[2], 0);
}

TEST(ScalarBins, SoftTargetsSumToOneAndKeepTheMean) {
  const auto bins = fitted_bins("equal_mass");
  const auto values =
      at::linspace(bins.centres()[0].item<double>(), bins.centres()[-1].item<double>(), 200, at::kDouble);
  const auto sharp = bins.soft_targets(values).to(at::kDouble);
  EXPECT_LT((sharp.sum(1) - 1).abs().max().item<double>(), 1e-6);
  EXPECT_LT((at::matmul(sharp, bins.centres()) - values).abs().max().item<double>(), 1e-5);
  const auto smooth = bins.soft_targets(values, {}, 1.0);
  EXPECT_LT((smooth.sum(1) - 1).abs().max().item<double>(), 1e-5);
  EXPECT_GE(smooth.min().item<double>(), 0);
}

TEST(ScalarBins, SoftTargetsAreTheGaussianOfTheError) {
  const auto bins = fitted_bins("linear", 40);
  const auto e = bins.edges();
  const double value = e[20].item<double>(), sigma = bins.widths()[20].item<double>() * 1.5;
  const auto p = bins.soft_targets(at::tensor({value}, at::kDouble), at::tensor({sigma}, at::kDouble))[0];
  const auto cdf = [&](int64_t i) { return 0.5 * std::erfc(-(e[i].item<double>() - value) / sigma / std::sqrt(2.0)); };
  for (const int64_t i : {17, 20, 23}) EXPECT_NEAR(p[i].item<double>(), cdf(i + 1) - cdf(i), 1e-6);
  const auto outside = bins.soft_targets(at::tensor({1e9}, at::kDouble), at::tensor({1.0}, at::kDouble))[0];
  EXPECT_NEAR(outside[39].item<double>(), 1, 1e-6);
}

TEST(ScalarBins, ReportsItsErrorAgainstTheMeasurement) {
  auto bins = fitted_bins("equal_mass", 256);
  const auto outcome = bins.loss(modalities::Block(test::scalars(500, 3)));
  const double sigma = outcome.figures.at("quantisation_sigma").item<double>();
  EXPECT_GT(sigma, 0);
  EXPECT_LT(sigma, 5);
  EXPECT_EQ(outcome.weight, 500);
}

TEST(ScalarBins, SeveralBlocksAreOneSample) {
  auto narrower = test::scalars(200, 2);
  for (auto& v : narrower.value) v = v / 2 + 1;
  const modalities::Block first = test::scalars(300, 1), second = narrower;
  for (const std::string spacing : {"equal_mass", "asinh", "linear", "error"}) {
    ScalarBinsSettings settings;
    settings.spacing = spacing;
    ScalarBins apart(settings), together(settings), last(settings);
    apart.fit_all({{&first, &second}, {}});
    together.fit(modalities::concatenate({first, second}));
    last.fit(second);
    EXPECT_TRUE(at::equal(apart.edges(), together.edges())) << spacing;
    EXPECT_FALSE(at::equal(apart.edges(), last.edges())) << spacing;
  }
}

// Root mean square of the error of coding, in errors of measurement, of the faintest, middle and brightest third.
std::vector<double> coding_errors_of_thirds(const std::string& spacing) {
  auto block = test::scalars(12000);
  for (size_t i = 0; i < block.value.size(); ++i) {
    block.value[i] = std::abs(block.value[i]) + 0.01;
    block.error[i] = 0.05 + 0.05 * block.value[i];
  }
  std::sort(block.value.begin(), block.value.end());
  std::sort(block.error.begin(), block.error.end());  // rises with the value
  ScalarBinsSettings settings;
  settings.bins = 64;
  settings.spacing = spacing;
  ScalarBins bins(settings);
  bins.fit(modalities::Block(block));
  const auto back = std::get<modalities::ScalarBlock>(bins.decode(bins.encode(modalities::Block(block))));
  std::vector<double> out;
  for (size_t third = 0; third < 3; ++third) {
    double sum = 0, count = 0;
    for (size_t i = 4000 * third; i < 4000 * (third + 1); ++i) {
      if (i < 12 || i >= 11988) continue;  // beyond the outer edges
      sum += std::pow((back.value[i] - block.value[i]) / block.error[i], 2);
      ++count;
    }
    out.push_back(std::sqrt(sum / count));
  }
  return out;
}

TEST(ScalarBins, CodingCostsEveryObjectTheSameShareOfItsError) {
  const auto by_error = coding_errors_of_thirds("error"), by_mass = coding_errors_of_thirds("equal_mass");
  const auto [least, most] = std::minmax_element(by_error.begin(), by_error.end());
  EXPECT_LT(*most, 1.25 * *least);
  EXPECT_GT(*least, 0);
  EXPECT_LT(by_mass.front() * 2, by_mass.back()) << "what it is made to avoid";
}

TEST(ScalarBins, BinsByErrorNeedErrors) {
  ScalarBinsSettings settings;
  settings.spacing = "error";
  ScalarBins bins(settings);
  auto without = test::scalars(50);
  without.has_error = false;
  std::fill(without.error.begin(), without.error.end(), 0.0);
  try {
    bins.fit(modalities::Block(without));
    FAIL() << "fitted to no error";
  } catch (const base::UserError& error) {
    EXPECT_NE(std::string(error.what()).find("none of the 50 values has one"), std::string::npos) << error.what();
  }
  EXPECT_FALSE(bins.fitted());
}

TEST(ScalarBins, RefusesWhatItCannotRead) {
  ScalarBins empty{ScalarBinsSettings{}};
  EXPECT_THROW(empty.encode(modalities::Block(test::scalars(3))), base::UserError);
  const base::TemporaryFolder folder;
  EXPECT_THROW(empty.save(folder / "never"), base::UserError);
  auto same = test::scalars(3);
  for (auto& v : same.value) v = 4;
  EXPECT_THROW(empty.fit(modalities::Block(same)), base::UserError);
  const auto bins = fitted_bins("equal_mass");
  auto other = test::scalars(3);
  other.unit = "km/s";
  EXPECT_THROW(bins.encode(modalities::Block(other)), base::UserError);
}

}  // namespace
}  // namespace asterism::tokenizers
