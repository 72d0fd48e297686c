#pragma once
// Attention among rows of groups of different lengths that lie one after the other, without padding. On a CPU in
// float32 (and narrower types, computed in float32) a kernel of its own: one group and head at a time, both products
// over whole rows (cached_factor.h), the probabilities made again in the backward pass (Dao et al. 2022), not kept; in
// bfloat16 by the processor's tiles where it has any (matrix_tiles.h) and q is bfloat16, autocast asks for bfloat16
// or integers are multiplied (Precision::int8). On a GPU by ATen's kernels for groups of different lengths (flash in
// bf16 and fp16, memory-efficient in fp32, for heads of a multiple of 8 numbers). Elsewhere the groups are padded to
// the longest and go through scaled_dot_product_attention. Letters: R query rows, S key rows, H heads, d numbers a
// head.

#include <ATen/ATen.h>

#include "nn/ranges.h"

namespace asterism::nn {

// Whether attention of such queries is made of bfloat16 by tiles.
bool attends_by_tiles(const at::Tensor& q);

// softmax(q k^T / sqrt(d)) v within each group: q [R, H, d], k and v [S, H, d] -> [R, H, d], contiguous, in q's type.
// `queries` cuts R and `keys` cuts S into as many groups. Queries of a group without keys get zeros.
at::Tensor attend_ragged(const at::Tensor& q_RHd, const at::Tensor& k_SHd, const at::Tensor& v_SHd,
                         const Ranges& queries, const Ranges& keys);

// The same without gradients; on CPUs where cached_factor.h has no kernel by the flash kernel of
// scaled_dot_product_attention: neighbouring groups of equal lengths go through it together, so that many short groups
// cost no more calls than one long one.
at::Tensor attend_ragged_inference(const at::Tensor& q_RHd, const at::Tensor& k_SHd, const at::Tensor& v_SHd,
                                   const Ranges& queries, const Ranges& keys);

}  // namespace asterism::nn
