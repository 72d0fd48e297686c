#pragma once
// The typical noise of one band of a set of images, its PSF, and the sky noise of each image.

#include <ATen/ATen.h>

#include <cstdint>

#include "modalities/block.h"

namespace asterism::tokenizers {

// The median of 1/sqrt(ivar) over good pixels; without variances, from differences of neighbouring pixels (1.4826 times
// their median size, over sqrt 2), but at least a hundredth of the standard deviation. At most 10^5 pixels are looked
// at, evenly. UserError: not one good pixel, or all equal.
double noise_level(const modalities::ImageBlock& block, int64_t band);

// The median full width of a band's PSF over the objects that tell it, arcseconds; 0 where none does.
double typical_psf(const modalities::ImageBlock& block, int64_t band);

// One sigma of the sky in each image and band, from inverse variances [M, C, H, W] (0: not good): where photons of the
// object do not count, at the fourth fifth of the good pixels' inverse variances (of a regular sample of them). float32
// [M, C]; 0 where no pixel is good.
at::Tensor sky_noise(const at::Tensor& ivar_MCHW);

}  // namespace asterism::tokenizers
