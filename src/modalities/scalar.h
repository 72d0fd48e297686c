#pragma once
// The promises of ScalarBlock: see block.h, which calls these for its kind.

#include <cstdint>
#include <string>
#include <vector>

#include "modalities/block.h"

namespace asterism::modalities {

void check(const std::string& name, const ScalarBlock& block);
ScalarBlock select(const ScalarBlock& block, const std::vector<int64_t>& rows);
ScalarBlock concatenate(const std::vector<const ScalarBlock*>& blocks);
ScalarBlock absent_like(const ScalarBlock& block, int64_t n);
// n values, absent: to be filled.
ScalarBlock make_scalars(int64_t n, std::string unit, bool has_error);

}  // namespace asterism::modalities
