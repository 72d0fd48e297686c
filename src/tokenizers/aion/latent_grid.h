#pragma once
// Spectra between their own wavelengths and the codec's, as AION-1 does it: straight lines between neighbouring pixels
// in fp32, nothing beyond the ends. (Not flux-conserving, and blind to masks: the published weights grew on it.)

#include <ATen/ATen.h>

#include <vector>

namespace asterism::tokenizers::aion {

// values [B, C, N] at x [B, N] (increasing) -> [B, C, M] at the wavelengths `onto` [M] or [B, M]; 0 where `onto` lies
// below the first or above the last x. lengths: how many of the N count in each row (the rest is padding); empty: all.
// fp32 throughout, operation by operation as the reference. UserError naming the row where fewer than two count.
at::Tensor interpolate(const at::Tensor& x_BN, const at::Tensor& values_BCN, const at::Tensor& onto_M,
                       const std::vector<int64_t>& lengths = {});

}  // namespace asterism::tokenizers::aion
