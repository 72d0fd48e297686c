#pragma once
// Draws of one image or spectrum summed up: mean, and its spread as inverse variance.

#include <vector>

#include "modalities/block.h"

namespace asterism::models {

// Blocks of the same shape and grid. Pixels masked in any draw are masked. One draw: itself. ivar is 1 / variance over
// the draws (n - 1 in the denominator); where all draws agree, 0 stays out: the variance is floored at 1e-12 of the
// mean square.
modalities::Block sample_mean(const std::vector<modalities::Block>& samples);

}  // namespace asterism::models
