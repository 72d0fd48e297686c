#pragma once
// The plainest way across a gap: a straight line.

#include "modalities/block.h"

namespace asterism::models {

// Where `hidden` has mask 0, the flux of a straight line in wavelength between the means (weighted by inverse variance)
// of the 32 nearest good pixels on either side that are not hidden; level where there is but one side, 0 where there is
// none. `hidden` has the shape of `observed`; the answer has its masks.
modalities::SpectrumBlock bridged(const modalities::SpectrumBlock& observed, const modalities::SpectrumBlock& hidden);

}  // namespace asterism::models
