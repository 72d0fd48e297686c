#pragma once
// First weights for codes that are steps of one number: neighbours begin alike, as sums of waves over the codes. Drawn
// code by code, a table of a thousand steps of a flux must meet each of them often before it knows that they are in
// order.

#include <ATen/ATen.h>

#include <cstdint>

namespace asterism::models {

// float32 [codes, width] of mean square deviation^2: waves of half a period to codes / 8 periods over all codes, the
// short ones the weaker, each in a direction drawn by (seed, name).
at::Tensor ordered_codes(int64_t codes, int64_t width, double deviation, uint64_t seed, const char* name);

}  // namespace asterism::models
