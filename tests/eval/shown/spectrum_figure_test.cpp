#include "eval/shown/spectrum_figure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/eval/shown/shown_blocks.h"

namespace asterism::eval {
namespace {

using testing::HasSubstr;

TEST(SpectrumFigure, ResidualsBeneathAndMaskedStretches) {
  auto observed = flat_spectrum(2);
  observed.mask[3] = 1;
  observed.ivar[3] = 0;
  const auto figure = spectrum_figure("a star", observed, flat_spectrum(1), 0);
  EXPECT_EQ(figure.title, "a star");
  ASSERT_EQ(figure.marks.size(), 2u);
  EXPECT_TRUE(std::isnan(std::get<report::Line>(figure.marks[0]).y[3]));
  ASSERT_TRUE(figure.below.has_value());
  EXPECT_EQ(figure.below->y.unit, "sigma");
  EXPECT_EQ(figure.below->y.high, 5);
  const auto& masked = std::get<report::Band>(figure.below->marks.at(0));
  EXPECT_EQ(masked.name, "masked");
  ASSERT_EQ(masked.x.size(), 3u);
  EXPECT_EQ(masked.x[0], 4025);
  EXPECT_EQ(masked.x[1], 4035);
  EXPECT_NEAR(std::get<report::Line>(figure.below->marks.at(1)).y[0], 2, 1e-6);
  EXPECT_THAT(figure.caption, HasSubstr("chi2/px 4.00 of 7 pixels"));
  EXPECT_THAT(report::to_plotly_json(figure), HasSubstr("\"yaxis2\""));
}

TEST(SpectrumFigure, WithoutMaskedPixelsNothingIsGrey) {
  const auto figure = spectrum_figure("a star", flat_spectrum(2), flat_spectrum(1), 0);
  for (const auto& mark : figure.below->marks) EXPECT_TRUE(std::holds_alternative<report::Line>(mark));
}

}  // namespace
}  // namespace asterism::eval
