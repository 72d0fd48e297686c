#include "tokenizers/line_blur.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace asterism::tokenizers {
namespace {

at::Tensor gaussian_at(double centre, double sigma, int64_t length) {
  const auto x = (at::arange(length, at::kDouble) - centre) / sigma;
  return (at::exp(-0.5 * x.square()) / sigma).to(at::kFloat);
}

TEST(LineBlur, WidthsAddInSquares) {
  const LineBlur blur(std::vector<double>(200, 4.0));
  const auto seen = blur.of(gaussian_at(100, 3, 200));
  EXPECT_LT((seen - gaussian_at(100, 5, 200)).abs().max().item<double>(), 2e-4);
}

TEST(LineBlur, ChangesThePixelsThatAreWide) {
  std::vector<double> sigma(150, 0.0);
  for (size_t i = 70; i < 90; ++i) sigma[i] = 3;
  const auto values = at::rand({2, 150});
  const auto seen = LineBlur(sigma).of(values);
  EXPECT_TRUE(at::equal(seen.narrow(1, 0, 70), values.narrow(1, 0, 70)));
  EXPECT_TRUE(at::equal(seen.narrow(1, 90, 60), values.narrow(1, 90, 60)));
  EXPECT_GT((seen - values).narrow(1, 70, 20).abs().min().item<double>(), 0);
  EXPECT_TRUE(at::allclose(LineBlur(sigma).of(values[1]), seen[1], 1e-5, 1e-6)) << "one row alone";
}

TEST(LineBlur, AMeanIsOverWhatThereIs) {
  const auto seen = LineBlur(std::vector<double>(40, 5.0)).of(at::full({40}, 7.0f));
  EXPECT_LT((seen - 7).abs().max().item<double>(), 1e-5);
}

TEST(LineBlur, LooksBetweenValues) {
  const auto line = at::arange(80, at::kFloat) * 2;
  const std::vector<double> centre{20.25, 20.75, 30, 40.5, 78.5}, sigma{0, 3, 0.3, 2, 0};
  const auto seen = LineBlur(centre, sigma, 80).of(line);
  for (size_t p = 0; p < centre.size(); ++p) EXPECT_NEAR(seen[int64_t(p)].item<double>(), 2 * centre[p], 1e-3) << p;
}

TEST(LineBlur, TheGradientIsTheTransposed) {
  std::vector<double> sigma(90, 0.0);
  for (size_t i = 20; i < 60; ++i) sigma[i] = 1 + 0.1 * double(i);
  const LineBlur blur(sigma);
  auto x = at::rand({90}).requires_grad_();
  const auto y = at::rand({90});
  (blur.of(x) * y).sum().backward();
  const auto matrix = blur.of(at::eye(90));  // row i: where value i goes
  EXPECT_TRUE(at::allclose(x.grad(), at::mv(matrix, y), 1e-4, 1e-5));
}

TEST(LineBlur, RefusesPlacesBeyondTheGrid) {
  EXPECT_THROW(LineBlur({0, 80.5}, {0, 0}, 80), base::CheckError);
  EXPECT_THROW(LineBlur({0, 80}, {0, 0}, 80), base::CheckError);
  EXPECT_THROW(LineBlur({-1}, {2}, 80), base::CheckError);
  EXPECT_THROW(LineBlur({1, 2}, {2}, 80), base::CheckError);
}

}  // namespace
}  // namespace asterism::tokenizers
