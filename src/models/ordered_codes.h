#pragma once
// First weights for codes that are steps of one number: neighbours begin alike, as sums of waves over the codes. Drawn
// code by code, a table of a thousand steps of a flux must meet each of them often before it knows that they are in
// order. As rows of logits of 1 / sqrt(width) they make waves over the codes, of a deviation of 1, of a normalised
// vector.

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

namespace asterism::models {

// float32 [codes, width] of mean square deviation^2: waves of half a period to codes / 8 periods over all codes, the
// short ones the weaker, each in a direction drawn by (seed, name).
at::Tensor ordered_codes(int64_t codes, int64_t width, double deviation, uint64_t seed, const char* name);

// For codes of a finite quantiser (nn/quantise.h): the sum over digits, each in order and with as much to say as the
// others: float32 [product of levels, width].
at::Tensor ordered_digits(const std::vector<int64_t>& levels, int64_t width, double deviation, uint64_t seed,
                          const std::string& name);

}  // namespace asterism::models
