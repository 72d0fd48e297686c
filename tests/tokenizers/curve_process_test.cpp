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
  const auto mean = process.on_cpu().mean(places, 0, kUprightPose);
  EXPECT_LT((mean - at::tensor(values, at::kDouble)).abs().mean().item<double>(), 0.05);
}

TEST(CurveProcess, FindsHowACurveIsShiftedAndStretched) {
  nn::Parameters parameters;
  CurveProcess process(nn::Scope(parameters, 1), 1);
  const auto peak = [](double day) { return std::exp(-std::pow(day / 10, 2)); };
  std::vector<double> days, values, colours(200, 0.0), shown, seen;
  for (int k = 0; k < 200; ++k) days.push_back(k - 100), values.push_back(10 * peak(days.back()));
  process.begin({process_places(days, colours), at::tensor(values, at::kDouble), {}}, at::ones({200}, at::kDouble));
  EXPECT_EQ(pose_of(kUprightPose).stretch, 1);
  EXPECT_EQ(pose_of(kUprightPose).shift_day, 0);
  for (int day = -20; day <= 50; day += 2) shown.push_back(day), seen.push_back(10 * peak((day - 10) / 1.6));
  const auto places = process_places(shown, std::vector<double>(shown.size(), 0.0));
  const auto n = int64_t(shown.size());
  const auto found =
      process.on_cpu().expected({places, at::tensor(seen, at::kDouble), at::full({n}, 0.05, at::kDouble)}, places);
  ASSERT_EQ(found.pose_H.size(), 1U);
  EXPECT_EQ(pose_of(found.pose_H[0]).stretch, 1.6);
  EXPECT_EQ(pose_of(found.pose_H[0]).shift_day, 10);
}

TEST(CurveProcess, AnOutlierHardlyMovesTheCurve) {
  nn::Parameters parameters;
  const auto process = CurveProcess(nn::Scope(parameters, 1), 2).on_cpu();
  const auto places = process_places({0, 0.1, 0.2, 0.3, 0.4}, {0, 0, 0, 0, 0});
  const auto value = at::tensor({0.5, 0.5, 3.0, 0.5, 0.5}, at::kDouble);
  const auto drawn = process.expected({places, value, at::full({5}, 0.02, at::kDouble)}, places).value_A;
  EXPECT_LT((drawn - 0.5).abs().max().item<double>(), 0.3);
}

}  // namespace
}  // namespace asterism::tokenizers
