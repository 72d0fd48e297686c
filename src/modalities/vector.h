#pragma once
// The promises of VectorBlock: see block.h, which calls these for its kind.

#include <cstdint>
#include <string>
#include <vector>

#include "modalities/block.h"

namespace asterism::modalities {

inline constexpr int64_t kMostTokens = int64_t{1} << 24;  // float32 holds every integer up to here

void check(const std::string& name, const VectorBlock& block);
VectorBlock select(const VectorBlock& block, const std::vector<int64_t>& rows);
VectorBlock concatenate(const std::vector<const VectorBlock*>& blocks);
VectorBlock absent_like(const VectorBlock& block, int64_t n);
// n vectors, absent: to be filled. vocabulary 0: real numbers.
VectorBlock make_vectors(int64_t n, int64_t width, int64_t vocabulary = 0);

}  // namespace asterism::modalities
