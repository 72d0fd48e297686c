#pragma once
// The published loss of AstroCLIP: symmetric InfoNCE with a fixed factor (Radford et al. 2021). Letters: B pairs, E
// width.

#include <ATen/ATen.h>

namespace asterism::models {

// factor * cosine of every image with every spectrum: [B, B]. Vectors shorter than 1e-3 count as that long.
at::Tensor clip_logits(const at::Tensor& image_BE, const at::Tensor& spectrum_BE, double factor);

// Mean cross entropy of the rows and of the columns, each of which should find its own.
at::Tensor clip_loss(const at::Tensor& logits_BB);

}  // namespace asterism::models
