#include "tokenizers/curve_process.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tokenizers/process_input.h"

namespace asterism::tokenizers {
namespace {

TEST(CurveProcess, ACellIsTheNearestWavelength) {
  for (int64_t cell = 0; cell < kCells; ++cell) EXPECT_EQ(cell_of(colour_of_cell(cell)), cell);
  EXPECT_EQ(cell_of(-9), 0);
  EXPECT_EQ(cell_of(9), kCells - 1);
}

TEST(CurveProcess, BeginsWithTheCurveThatAllShare) {
  nn::Parameters parameters;
  CurveProcess process(nn::Scope(parameters, 1), 1);
  std::vector<double> days, colours, values;
  for (int k = 0; k < 400; ++k) {
    days.push_back(-50 + 0.5 * k);
    colours.push_back(k % 2 == 0 ? -0.3 : 0.2);
    values.push_back(0.01 * days.back());
  }
  const auto places = process_places(days, colours);
  process.begin({places, at::tensor(values, at::kDouble), {}}, at::ones({400}, at::kDouble));
  const auto mean = process.on_cpu().mean(places)[0];
  EXPECT_LT((mean - at::tensor(values, at::kDouble)).abs().mean().item<double>(), 0.05);
}

TEST(CurveProcess, AnOutlierHardlyMovesTheCurve) {
  nn::Parameters parameters;
  const auto process = CurveProcess(nn::Scope(parameters, 1), 2).on_cpu();
  const auto places = process_places({0, 0.1, 0.2, 0.3, 0.4}, {0, 0, 0, 0, 0});
  const auto value = at::tensor({0.5, 0.5, 3.0, 0.5, 0.5}, at::kDouble);
  const auto drawn = process.expected({places, value, at::full({5}, 0.02, at::kDouble)}, places);
  EXPECT_LT((drawn - 0.5).abs().max().item<double>(), 0.3);
}

}  // namespace
}  // namespace asterism::tokenizers
