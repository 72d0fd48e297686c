#pragma once
// The reconstruction that fewer, larger pixels of the same number of bits give: what a tokenizer must beat.

#include <optional>
#include <string>
#include <vector>

#include "modalities/block.h"

namespace asterism::eval {

// Pixels joined 2, 4, 8 ... a side (weighed by inverse variance), each written with as many bits as there are for one
// (at least 2, at most 16) on an asinh scale of the band's noise between the extremes of the `train` rows, and drawn by
// linear interpolation between the middles of the joined pixels. Of all sizes that the bits allow, the one with the
// least chi^2 on the training rows. Nothing where no size allows it. Rows come out on their own pixels.
std::optional<modalities::ImageBlock> downsampled_rebuilt(const modalities::ImageBlock& observed,
                                                          const std::vector<int64_t>& train, int64_t bits);
std::optional<modalities::SpectrumBlock> downsampled_rebuilt(const modalities::SpectrumBlock& observed,
                                                             const std::vector<int64_t>& train, int64_t bits);

}  // namespace asterism::eval
