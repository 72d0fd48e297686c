#include "eval/methods/perceptron.h"

#include <gtest/gtest.h>

namespace asterism::eval {
namespace {

at::Tensor drawn(int64_t rows) {
  at::manual_seed(3);
  return at::rand({rows, 2}, at::kDouble) * 4 - 2;
}

double unexplained(const at::Tensor& y, const at::Tensor& found) {
  return ((y - found).square().mean() / y.var(0, false)).item<double>();
}

// y = x0 x1, of which no linear map knows anything; on a scale of its own.
TEST(Perceptron, LearnsWhatNoLinearMapDoes) {
  const auto x = drawn(1500), y = (x.select(1, 0) * x.select(1, 1) * 1e-3 + 7).unsqueeze(1);
  const auto train = x.narrow(0, 0, 1200), test = x.narrow(0, 1200, 300);
  const auto network = Perceptron::fit(train, y.narrow(0, 0, 1200), {.least_steps = 1500});
  EXPECT_LT(unexplained(y.narrow(0, 1200, 300), network.predict(test)), 0.1);
  const auto again = Perceptron::fit(train, y.narrow(0, 0, 1200), {.least_steps = 1500});
  EXPECT_TRUE(at::equal(network.predict(test), again.predict(test))) << "not the same twice";
}

TEST(Perceptron, TellsClassesApart) {
  const auto x = drawn(1500), is = (x.select(1, 0) * x.select(1, 1)).gt(0).to(at::kLong);
  const auto network = Perceptron::fit_classes(x.narrow(0, 0, 1200), is.narrow(0, 0, 1200), 2, {.least_steps = 1500});
  const auto found = network.predict(x.narrow(0, 1200, 300)).argmax(1);
  EXPECT_GT(found.eq(is.narrow(0, 1200, 300)).to(at::kDouble).mean().item<double>(), 0.93);
}

TEST(Perceptron, FewRowsAndFeaturesWithoutAnySpread) {
  const auto x = at::ones({12, 3}, at::kDouble);
  const auto network = Perceptron::fit(x, at::full({12, 1}, 4.0, at::kDouble), {.least_steps = 20});
  EXPECT_TRUE(at::allclose(network.predict(x), at::full({12, 1}, 4.0, at::kDouble), 0.05, 0.5));
  EXPECT_TRUE(network.predict(x).isfinite().all().item<bool>());
}

}  // namespace
}  // namespace asterism::eval
