#pragma once
// What the two published codecs of a square grid share: the crop about the centre, and FSQ over channels.

#include "nn/quantise.h"

namespace asterism::tokenizers::aion {

inline constexpr int64_t kPublishedSize = 96;  // pixels a side that both crop to

// [B, C, H, W] -> [B, C, 96, 96] about the centre; smaller images are surrounded by zeros. reference: what Python's
// x[start : start + 96] leaves of them instead, with start negative. UserError where there are none.
at::Tensor crop_published(const at::Tensor& images_BCHW, bool reference);

// Row-major tokens, int64 [B, h w]. reference: -2^31 where a number is NaN, as the package's conversion gives.
at::Tensor grid_ids(const nn::Fsq& fsq, const at::Tensor& latent_Bdhw, bool reference);

// Back: [B, T] -> [B, d, h, w] with h = w = sqrt(T). UserError where T is no square, or a token none of the code book.
// reference: such a token, -2^31 say, is drawn as what is left of it over the size of the code book.
at::Tensor grid_codes(const nn::Fsq& fsq, const at::Tensor& ids_BT, bool reference);

// How far each vector is from the nearest edge between two codes, in levels: [B, T].
at::Tensor grid_margin(const nn::Fsq& fsq, const at::Tensor& latent_Bdhw);

}  // namespace asterism::tokenizers::aion
