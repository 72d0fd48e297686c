#pragma once
// Pairs of rows become a table: ids, separations and the columns asked for.

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "data/match_input.h"
#include "data/match_tables.h"

namespace asterism::data {

// Writes pairs that come in lists, each in order of the row of a; no row of a has pairs in two lists. slice_rows: at
// most about so many rows of the result are in memory at once. Returns the number of rows written.
int64_t write_matches(const MatchInput& a, const MatchInput& b, const std::vector<std::span<const Match>>& lists,
                      Join join, int64_t slice_rows, const std::filesystem::path& out);

}  // namespace asterism::data
