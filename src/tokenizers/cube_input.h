#pragma once
// A spectral cube on a codec's own wavelength grid. Letters: S spaxels, row by row; L pixels of the grid.

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

#include "modalities/block.h"

namespace asterism::tokenizers {

struct CubeRow {
  at::Tensor flux_SL, ivar_SL;  // float32, in units of the scale; 0 where not good
  double scale = 0;             // rounded: what norm_id stands for
  int64_t norm_id = 0;
};

struct CubeNorm {
  int64_t bins = 1024;
  double low = -5, high = 4;  // log10 of the scale
  double scale(int64_t id) const;
};

// One cube of a block, of which `edges` are those of the grid: rebinned by inverse variance, over the rms of its flux
// beside the noise, but not less than the noise allows to know. False where it has no good value on the grid. UserError
// naming `reader` where wavelengths do not increase.
bool read_cube(const modalities::CubeBlock& block, int64_t row, const std::vector<double>& edges, const CubeNorm& norm,
               const std::string& reader, CubeRow& out);

}  // namespace asterism::tokenizers
