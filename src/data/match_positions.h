#pragma once
// What is checked before a match: the positions that come in, the place that the result goes to.

#include <cstdint>
#include <filesystem>
#include <string>

#include "data/match_input.h"
#include "data/survey.h"

namespace asterism::data {

// What is wrong with the positions of two tables.
class PositionCheck {
 public:
  explicit PositionCheck(BadRows& bad) : bad_(bad) {}

  // Rows whose position is none (a declination of 95) become rows without a position and are listed among the bad
  // rows: DataError when they are too many. Rows without a position are counted.
  void operator()(const MatchInput& table, int side, SkyColumns& rows);

  // What was found of a side, for a run that goes on with the positions and does not look again. load: false where
  // there is no such file; DataError where it is damaged.
  void save(int side, const std::filesystem::path& file) const;
  bool load(int side, const std::filesystem::path& file);

  int64_t unplaced[2] = {0, 0};  // by side

 private:
  BadRows& bad_;
  std::vector<size_t> places_[2];  // of a side's rows among the bad ones
};

// Lists the bad rows in <out>.bad_rows.csv; a sentence for the user.
std::string write_bad_positions(const BadRows& bad, const std::filesystem::path& out);

// UserError where `out` is neither .parquet nor .csv, or its folder is missing or may not be written to.
void check_match_output(const std::filesystem::path& out);

// Memory that the system could still give, in bytes.
int64_t free_memory_bytes();

}  // namespace asterism::data
