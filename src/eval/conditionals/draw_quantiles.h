#pragma once
// Draws of an image or spectrum summed up value by value. Medians, because one draw of an absurd brightness moves a
// mean as far as it likes.

#include <cstdint>
#include <vector>

#include "models/predictor.h"

namespace asterism::eval {

// Of the flux of the only row: the 16%, 50% and 84% quantiles over the draws (of few, the nearest rank). mask: 1 where
// any draw has it.
struct DrawQuantiles {
  std::vector<float> low, median, high;
  std::vector<uint8_t> mask;
};
DrawQuantiles draw_quantiles(const models::BlockPrediction& predicted);

}  // namespace asterism::eval
