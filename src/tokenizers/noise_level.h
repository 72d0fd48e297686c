#pragma once
// The typical noise of one band of a set of images.

#include <cstdint>

#include "modalities/block.h"

namespace asterism::tokenizers {

// The median of 1/sqrt(ivar) over good pixels; without variances, from differences of neighbouring pixels (1.4826 times
// their median size, over sqrt 2), but at least a hundredth of the standard deviation. At most 10^5 pixels are looked
// at, evenly. UserError: not one good pixel, or all equal.
double noise_level(const modalities::ImageBlock& block, int64_t band);

}  // namespace asterism::tokenizers
