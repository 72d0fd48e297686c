#pragma once
// The promises of CubeBlock: see block.h, which calls these for its kind.

#include <cstdint>
#include <string>
#include <vector>

#include "modalities/block.h"

namespace asterism::modalities {

void check(const std::string& name, const CubeBlock& block);
CubeBlock select(const CubeBlock& block, const std::vector<int64_t>& rows);
CubeBlock concatenate(const std::vector<const CubeBlock*>& blocks);
CubeBlock absent_like(const CubeBlock& block, int64_t n);
// n cubes of `length` planes, zero and masked everywhere, absent: to be filled.
CubeBlock make_cubes(int64_t n, int64_t length, int64_t height, int64_t width, std::string unit,
                     double pixel_scale_arcsec);

// The same cubes in the middle of larger planes, masked around; the odd pixel of an uneven difference goes behind.
CubeBlock centred(const CubeBlock& block, int64_t height, int64_t width);

// The spectrum of each object in pixel (y, x).
SpectrumBlock spectra_at(const CubeBlock& block, int64_t y, int64_t x);
// One image an object, the mean of the planes that are not masked; masked where there is none.
ImageBlock collapsed(const CubeBlock& block);

}  // namespace asterism::modalities
