#include "eval/conditionals/spectrum_column.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/eval/conditionals/tiny_table.h"

namespace asterism::eval {
namespace {

TEST(SpectrumColumn, BinsAreMeansOfGoodPixels) {
  auto spectrum = models::tiny::spectrum(1, 6);
  for (size_t i = 0; i < 6; ++i) {
    spectrum.wavelength_angstrom[i] = float(1000 + 100 * i);
    spectrum.flux[i] = float(i);
  }
  spectrum.ivar[1] = 3;
  spectrum.mask[2] = spectrum.mask[3] = 1;
  const auto mean = binned(spectrum.wavelength_angstrom, spectrum.flux, {}, spectrum.mask, 1000, 1600, 3);
  const auto weighted =
      binned(spectrum.wavelength_angstrom, spectrum.flux, spectrum.ivar, spectrum.mask, 1000, 1600, 3);
  EXPECT_DOUBLE_EQ(mean[0], 0.5);
  EXPECT_DOUBLE_EQ(weighted[0], 0.75);
  EXPECT_TRUE(std::isnan(mean[1]));
  EXPECT_DOUBLE_EQ(mean[2], 4.5);
}

TEST(SpectrumColumn, APerfectAnswerHasNoResidual) {
  auto table = planted::tiny_table(models::tiny::sky(1, 40), {"spectrum_desi", "redshift"});
  auto& blocks = table.cells[1][0].prediction.blocks.at("spectrum_desi");
  auto truth = std::get<modalities::SpectrumBlock>(table.object.blocks.at("spectrum_desi"));
  report::Drawing drawing(100, 100);
  const SpectrumColumn column(table, 0);
  for (auto& flux : truth.flux) flux += 1.5f;
  truth.mask[5] = 1;  // what is not predicted is not judged
  blocks.samples.assign(3, truth);
  EXPECT_EQ(column.draw_predicted(drawing, {0, 0, 90, 40}, table.cells[1][0].prediction), "chi² 2.25 a pixel");
  EXPECT_EQ(column.draw_observed(drawing, {0, 0, 90, 40}), "96 good pixels");
}

// How the observed curve is drawn where predictions are so many times as bright.
std::string drawn_beside(double factor) {
  auto table = planted::tiny_table(models::tiny::sky(1, 40), {"spectrum_desi", "redshift"});
  auto bright = std::get<modalities::SpectrumBlock>(table.object.blocks.at("spectrum_desi"));
  for (auto& flux : bright.flux) flux = float(factor) * std::abs(flux);
  for (auto& row : table.cells)
    for (auto& cell : row)
      if (auto& blocks = cell.prediction.blocks; blocks.contains("spectrum_desi"))
        blocks.at("spectrum_desi").samples.assign(3, bright);
  report::Drawing drawing(100, 100);
  SpectrumColumn(table, 0).draw_observed(drawing, {0, 0, 90, 40});
  return drawing.svg();
}

TEST(SpectrumColumn, ThePanelReachesToBrightPredictionsButNotBeyondTwice) {
  EXPECT_EQ(drawn_beside(0.1), drawn_beside(0.5));
  EXPECT_NE(drawn_beside(1.7), drawn_beside(0.5));
  EXPECT_EQ(drawn_beside(100), drawn_beside(1000));
}

}  // namespace
}  // namespace asterism::eval
