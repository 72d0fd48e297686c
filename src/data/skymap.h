#pragma once
// skymap.fits of a HATS catalogue: how many rows lie in each HEALPix pixel, only the pixels that hold any.

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace asterism::data {

inline constexpr int kSkymapOrder = 8;  // 14 arcminutes

// Writes the counts of the order-29 indices (sorted runs) at kSkymapOrder; returns the pixels that hold rows,
// ascending. Explicit indexing: 16 bytes for each of those pixels, so that a small catalogue stays small.
std::vector<int64_t> write_skymap(const std::filesystem::path& path,
                                  const std::vector<std::span<const int64_t>>& sorted_runs);

}  // namespace asterism::data
