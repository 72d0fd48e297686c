#include "train/figure_sums.h"

#include <gtest/gtest.h>

namespace asterism::train {
namespace {

BatchGradient batch_of_loss(double loss, double weight) {
  BatchGradient out;
  out.loss = at::scalar_tensor(loss, at::kDouble);
  out.weight = weight;
  return out;
}

TEST(FigureSums, WeightedMeansOverTheBatchesThatHaveAFigure) {
  FigureSums sums;
  EXPECT_TRUE(sums.empty());
  sums.add(batch_of_loss(1, 3));
  auto second = batch_of_loss(5, 1);
  second.figures["mean"] = at::scalar_tensor(7, at::kDouble);
  sums.add(second);
  const auto out = sums.take();
  EXPECT_EQ(out.at("loss"), 2);
  EXPECT_EQ(out.at("mean"), 7);
  EXPECT_TRUE(sums.empty());
  sums.add(batch_of_loss(4, 2));
  EXPECT_EQ(sums.take(), (std::map<std::string, double>{{"loss", 4}}));
}

}  // namespace
}  // namespace asterism::train
