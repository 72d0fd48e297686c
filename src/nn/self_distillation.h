#pragma once
// Learning from one's own average (DINO: Caron et al. 2021; DINOv2: Oquab et al. 2023): what the teacher's logits ask
// of the student, and the term that keeps vectors apart. Letters: N rows, K prototypes, D width.

#include <ATen/ATen.h>

#include <cstdint>

namespace asterism::nn {

// softmax((logits - centre) / temperature): [N, K], rows sum to 1; without gradients.
at::Tensor centred_targets(const at::Tensor& logits_NK, const at::Tensor& centre_K, double temperature);

// Sinkhorn-Knopp (Cuturi 2013, as SwAV and DINOv2 use it): softmax(logits / temperature) whose columns and rows are
// brought, in turn and so many times, to sums of N / K and 1; rows last, so that they sum to 1. Computed in logarithms:
// no logit overflows. Without gradients.
at::Tensor sinkhorn_targets(const at::Tensor& logits_NK, double temperature, int64_t rounds = 3);

// KoLeo (Sablayrolles et al. 2019): -mean over rows of ln(distance to the nearest other row + epsilon), of rows brought
// to unit length. The nearest is the one of the largest product, found without gradients. Equal rows lie `epsilon`
// apart and push each other nowhere. Fewer than two rows: 0.
at::Tensor koleo(const at::Tensor& vectors_ND, double epsilon = 1e-8);

// From start (progress 0) to end (1) along half a cosine.
double cosine_between(double start, double end, double progress);

}  // namespace asterism::nn
