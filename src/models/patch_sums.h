#pragma once
// Light summed over patches of images before anything bends it: a pixel of a faint galaxy is mostly noise, its sum over
// a patch is not, and colours are differences of such sums. Letters: R patches, C bands, p pixels a side.

#include <ATen/ATen.h>

namespace asterism::models {

constexpr int64_t kPatchRegions = 5;  // the whole patch and its quarters, row by row

struct PatchSums {
  at::Tensor signal_RC5;  // asinh(mean flux / its error) of the good pixels of each region; 0 where there is none
  at::Tensor error_RC5;   // of that mean, in the unit of the flux; 0 where there is none
  at::Tensor share_RC5;   // of the region's pixels that are good
};

// flux, ivar and good [R, C, p, p], p at least 2; flux and ivar of other pixels may be anything. Signals beyond 1e6
// errors are clipped there.
PatchSums patch_sums(const at::Tensor& flux_RCpp, const at::Tensor& ivar_RCpp, const at::Tensor& good_RCpp);

}  // namespace asterism::models
