#include "eval/conditionals/draw_quantiles.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "modalities/spectrum.h"

namespace asterism::eval {
namespace {

TEST(DrawQuantiles, OneAbsurdDrawMovesNothing) {
  models::BlockPrediction predicted;
  for (const float value : {3.0f, 1.0f, 2.0f, 1e20f, 4.0f}) {
    auto spectrum = modalities::make_spectra(1, 2, "u");
    spectrum.flux = {value, -value};
    spectrum.mask = {0, uint8_t(value == 2.0f)};
    predicted.samples.emplace_back(spectrum);
  }
  const auto quantiles = draw_quantiles(predicted);
  EXPECT_EQ(quantiles.median[0], 3);
  EXPECT_EQ(quantiles.low[0], 2);  // rank 0.64 of 4
  EXPECT_EQ(quantiles.high[0], 4);
  EXPECT_EQ(quantiles.median[1], -3);
  EXPECT_EQ(quantiles.mask, (std::vector<uint8_t>{0, 1}));
}

TEST(DrawQuantiles, OfImagesAndSpectraAlone) {
  models::BlockPrediction predicted;
  EXPECT_THROW(draw_quantiles(predicted), base::CheckError);
  predicted.samples.emplace_back(modalities::ScalarBlock{});
  EXPECT_THROW(draw_quantiles(predicted), base::CheckError);
}

}  // namespace
}  // namespace asterism::eval
