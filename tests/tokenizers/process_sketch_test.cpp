#include "tokenizers/process_sketch.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tokenizers/process_input.h"

namespace asterism::tokenizers {
namespace {

// A bump of one magnitude in two bands.
ProcessPoints bump_points() {
  std::vector<double> days, colours, values;
  for (int k = 0; k < 40; ++k) {
    days.push_back(-20 + 2 * k);
    colours.push_back(k % 2 == 0 ? -0.2 : 0.1);
    values.push_back(std::exp(-std::pow(days.back() / 15, 2)) + 0.3 * colours.back());
  }
  return {process_places(days, colours), at::tensor(values, at::kDouble), at::full({40}, 0.01, at::kDouble)};
}

TEST(ProcessSketch, AFewPointsHoldASmoothCurve) {
  nn::Parameters parameters;
  const auto process = CurveProcess(nn::Scope(parameters, 1), 2).on_cpu();
  const auto points = bump_points();
  EXPECT_LT((process.expected(points, points.places).value_A - points.value_N).abs().max().item<double>(), 0.05);
  ProcessHeader header;
  header.first = process_time(-20);
  header.last = process_time(60);
  const Sketcher sketcher(process, 12, 8);
  const auto sketch = sketcher.sketch_of(sketcher.target_of(points), header);
  header.kind = sketch.kind;
  header.pose = sketch.pose;
  const auto ids = sketch_ids(sketch, 12);
  ASSERT_EQ(ids.size(), 24U);
  const auto read = sketch_from(ids.data(), 12, header);
  const auto drawn = sketcher.drawn(read, header, points.places);
  EXPECT_LT((drawn - points.value_N).abs().max().item<double>(), 0.15);
  EXPECT_TRUE(at::allclose(drawn, sketcher.drawn(sketch, header, points.places), 0, 1e-9));
}

// Points close by each other differ by little, and that little counts where errors are small.
TEST(ProcessSketch, ManyPrecisePointsAreMatchedToTheirErrors) {
  nn::Parameters parameters;
  const auto process = CurveProcess(nn::Scope(parameters, 1), 2).on_cpu();
  std::vector<double> days, values;
  for (int k = 0; k < 160; ++k) {
    days.push_back(-15 + 0.5 * k);
    values.push_back(std::exp(-std::pow(days.back() / 15, 2)) + 0.2 * std::sin(days.back() / 4));
  }
  const ProcessPoints points{process_places(days, std::vector<double>(160, 0.03)), at::tensor(values, at::kDouble),
                             at::full({160}, 0.005, at::kDouble)};
  ProcessHeader header;
  header.first = process_time(-15);
  header.last = process_time(65);
  const Sketcher sketcher(process, 32, 3);
  const auto target = sketcher.target_of(points);
  const auto sketch = sketcher.sketch_of(target, header);
  header.kind = sketch.kind;
  header.pose = sketch.pose;
  const auto left = sketcher.drawn(sketch, header, points.places) - target.value_N.narrow(0, 0, 160);
  EXPECT_LT((left.square() * target.weight_N.narrow(0, 0, 160)).mean().item<double>(), 0.05);
}

TEST(ProcessSketch, AnyTokensAreACurve) {
  nn::Parameters parameters;
  const auto process = CurveProcess(nn::Scope(parameters, 1), 2).on_cpu();
  const std::vector<int64_t> same(24, kProcessBins - 1);
  const Sketcher sketcher(process, 12, 8);
  ProcessHeader header;
  header.kind = 1;
  const auto drawn = sketcher.drawn(sketch_from(same.data(), 12, header), header, bump_points().places);
  EXPECT_TRUE(at::isfinite(drawn).all().item<bool>());
}

}  // namespace
}  // namespace asterism::tokenizers
