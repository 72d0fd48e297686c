#pragma once
// The reconstruction that principal components of the same number of bits give: what a tokenizer must beat.

#include <cstdint>
#include <vector>

#include "modalities/block.h"

namespace asterism::eval {

// Every row divided by its own scale (16 bits of the budget pay for it), missing values filled with the mean, PCA
// fitted to the `train` rows, components rounded to what is left of `bits`.
//   median   the scale is the median |flux| of the good values; all rows count alike
//   signal   values are in units of their column's noise, the scale is the root of the sum of their squares, and a row
//            counts by its square: the components with the least chi^2
// Spectra on differing grids are first laid on one grid by linear interpolation. Rows come out on their own pixels,
// with mask 0 where the input is good.
enum class PcaScale { median, signal };
modalities::SpectrumBlock pca_rebuilt(const modalities::SpectrumBlock& observed, const std::vector<int64_t>& train,
                                      int64_t bits, PcaScale scale = PcaScale::median);
modalities::ImageBlock pca_rebuilt(const modalities::ImageBlock& observed, const std::vector<int64_t>& train,
                                   int64_t bits, PcaScale scale = PcaScale::median);

}  // namespace asterism::eval
