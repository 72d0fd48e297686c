#pragma once
// Cross-match of two tables: datasets, Parquet files, CSV or FITS tables with object_id, ra and dec in ICRS degrees.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/match.h"

namespace asterism::data {

struct MatchTablesOptions {
  MatchOptions match;
  std::vector<std::string> columns_a,
      columns_b;  // scalars to carry over, by modality name; written as <name>_a, <name>_b
};

// Writes the pairs to `out` (.parquet or .csv): object_id_a, object_id_b, separation_arcsec and the columns asked for,
// in the order of the rows of a. Returns their number. UserError for an unknown column or ending, DataError for a table
// without positions.
int64_t match_tables(const std::filesystem::path& a, const std::filesystem::path& b, const std::filesystem::path& out,
                     const MatchTablesOptions& options);

}  // namespace asterism::data
