#pragma once
// A table that takes part in a cross-match: its positions first, and later what else is wanted of the rows that
// matched. Datasets and Parquet files are read by row group and only in the columns needed; CSV and FITS tables are
// read once.

#include <arrow/type_fwd.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/sky_grid.h"

namespace asterism::data {

// Where the rows first .. first + ra.size() - 1 of a table are.
struct SkyColumns {
  int64_t first = 0;
  std::vector<double> ra_deg, dec_deg;  // NaN: no position
  // Proper motion (pmra with the factor cos dec) and the year of the position; empty where the table has no such
  // columns. NaN: not known.
  std::vector<double> pmra_mas_yr, pmdec_mas_yr, epoch_yr;
  Positions positions() const { return {ra_deg, dec_deg}; }
};

class MatchInput {
 public:
  // columns: what to carry over besides the id: scalars of a dataset by modality name, else columns of the file.
  // UserError when there is no such file or column; DataError for a table without ra, dec; both name the nearest.
  static MatchInput open(const std::filesystem::path& path, const std::vector<std::string>& columns);
  ~MatchInput();
  MatchInput(MatchInput&&) noexcept;

  const std::filesystem::path& path() const;
  const std::string& name() const;  // of the dataset, or the file without its ending
  int64_t num_rows() const;
  bool in_memory() const;        // CSV and FITS: read whole
  bool has_ids() const;          // else rows go by their number, "row-17"
  std::string identity() const;  // changes when the files do

  // Row numbers at which reading may begin, and the end: what read_sky and take read at once lies between two of them.
  const std::vector<int64_t>& chunks() const;
  // The positions of whole chunks [begin, end).
  SkyColumns read_sky(size_t begin_chunk, size_t end_chunk) const;

  // object_id and the columns asked for: their names and types.
  std::shared_ptr<arrow::Schema> schema() const;
  // These rows, in any order, also repeatedly; -1 gives a row of nulls. Reads only the chunks that hold any of them.
  std::shared_ptr<arrow::Table> take(const std::vector<int64_t>& rows) const;

 private:
  MatchInput();
  struct State;
  std::unique_ptr<State> state_;
};

// All positions of a table, its chunks read on all threads.
SkyColumns read_all_sky(const MatchInput& input);

}  // namespace asterism::data
