#pragma once
// What a tokenizer of cubes must beat: principal components of single spaxels, with as many bits.

#include <cstdint>
#include <optional>
#include <vector>

#include "modalities/block.h"

namespace asterism::eval {

// The `rows` of a block of cubes, each spaxel (or, `bin` > 1, the inverse-variance mean of bin x bin of them, drawn
// bilinearly afterwards) divided by its scale and written in components that were fitted to the spaxels of the `train`
// rows. `bits` of a whole cube are dealt evenly to all places of its frame, with or without data. Values are in units
// of their plane's noise, the scale is the root of the sum of their squares, and a spaxel counts by its square: the
// components with the least chi^2. How many of the bits the scale gets (log steps) is chosen by chi^2 of training
// spaxels. Nothing where the cubes' wavelengths differ, or a place gets too few bits for a scale.
// Masks come out 0 where the input has any value in that spaxel.
std::optional<modalities::CubeBlock> components_of_spaxels(const modalities::CubeBlock& cubes,
                                                           const std::vector<int64_t>& train,
                                                           const std::vector<int64_t>& rows, int64_t bits, int64_t bin);

// The same flat spectrum all along each spaxel: its inverse-variance mean. What knows nothing but how bright it is.
modalities::CubeBlock flat_spectra(const modalities::CubeBlock& cubes);

// The inverse-variance mean of bin x bin spaxels; what hangs over the edge counts as missing.
modalities::CubeBlock binned(const modalities::CubeBlock& cubes, int64_t bin);

}  // namespace asterism::eval
