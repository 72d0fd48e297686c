#pragma once
// Cross-match of two tables: datasets, Parquet files, CSV or FITS tables with object_id, ra and dec in ICRS degrees.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/match.h"

namespace asterism::data {

// Which rows besides the pairs are written, with nulls for what they lack.
enum class Join { kInner, kLeft, kOuter };  // none; rows of a without a match; those of b too, at the end

struct MatchTablesOptions {
  MatchOptions match;
  bool mutual = false;  // of the nearest, only pairs whose row of a is in turn the nearest to that row of b
  Join join = Join::kInner;
  // Columns to carry over, written as <name>_a, <name>_b: of a dataset by modality name, or columns of the file.
  std::vector<std::string> columns_a, columns_b;
  std::optional<double> epoch_yr;  // rows with proper motions are compared where they are in this year
  int64_t max_bad = 10;            // rows whose position is no position that may be passed over before the match stops
  int64_t memory_bytes = 0;        // to work in; 0: half of what is free
  bool resume = false;             // go on with the tiles that a killed run left in <out>.tiles
};

struct MatchReport {
  int64_t pairs = 0, rows = 0;  // written: rows counts those without a match too
  int64_t rows_a = 0, rows_b = 0, unplaced_a = 0, unplaced_b = 0, bad = 0;
  int64_t tiles = 0;  // 0: matched in memory at once
  double read_s = 0, match_s = 0, write_s = 0;
  std::vector<std::string> notes;  // sentences for the user
};

// Writes the pairs to `out` (.parquet or .csv): object_id_a, object_id_b, separation_arcsec and the columns asked for,
// in the order of the rows of a, then of separation. In memory where that fits, else in tiles of declination through
// <out>.tiles, which is gone at the end. Rows without a position match nothing; rows whose position is none (a
// declination of 95) are listed in <out>.bad_rows.csv. UserError for an unknown column or ending, DataError for a table
// without positions or with too many bad ones. The file appears complete or not at all.
MatchReport match_tables(const std::filesystem::path& a, const std::filesystem::path& b,
                         const std::filesystem::path& out, const MatchTablesOptions& options);

}  // namespace asterism::data
