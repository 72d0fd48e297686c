#pragma once
// Spectra some of whose pixels nobody sees. Letters: N spectra, L pixels, P patches of pixels.

#include <ATen/ATen.h>

#include "modalities/block.h"

namespace asterism::models {

// Flux and inverse variance 0 and mask 1 where hidden (bool [N, L], on the CPU).
modalities::SpectrumBlock without_pixels(const modalities::SpectrumBlock& spectra, const at::Tensor& hidden_NL);

// Hidden patches (bool [N, P], the last of them perhaps shorter) as pixels, bool [N, length].
at::Tensor pixels_of_patches(const at::Tensor& hidden_NP, int64_t patch, int64_t length);

}  // namespace asterism::models
