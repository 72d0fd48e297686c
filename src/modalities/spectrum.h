#pragma once
// The promises of SpectrumBlock: see block.h, which calls these for its kind.

#include <cstdint>
#include <string>
#include <vector>

#include "modalities/block.h"

namespace asterism::modalities {

void check(const std::string& name, const SpectrumBlock& block);
SpectrumBlock select(const SpectrumBlock& block, const std::vector<int64_t>& rows);
SpectrumBlock concatenate(const std::vector<const SpectrumBlock*>& blocks);
SpectrumBlock absent_like(const SpectrumBlock& block, int64_t n);
// n spectra of `length` pixels, zero and masked everywhere, absent: to be filled.
SpectrumBlock make_spectra(int64_t n, int64_t length, std::string unit);

}  // namespace asterism::modalities
