#pragma once
// Rows on their way into a catalogue: gathered into runs, each sorted by `_healpix_29`, and kept as memory-mapped Arrow
// files until the partitions are known.

#include <arrow/type_fwd.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "data/pixel_tree.h"

namespace asterism::data {

class HatsSpool {
 public:
  // Files go to `folder` (made when the first run is full). The schema begins with `_healpix_29`.
  HatsSpool(std::filesystem::path folder, std::shared_ptr<arrow::Schema> schema, int64_t run_bytes);
  ~HatsSpool();

  void add(const std::shared_ptr<arrow::Table>& rows);
  void end();  // the last run; then the functions below may be called

  int64_t num_rows() const { return rows_; }
  int64_t bytes() const { return bytes_; }                // in memory, of all rows
  std::vector<std::span<const int64_t>> indices() const;  // one sorted run each

  // The rows inside a pixel, sorted by `_healpix_29` (stable: rows of equal index in the order they were added).
  std::shared_ptr<arrow::Table> rows_inside(Pixel pixel) const;

  struct Place {
    int64_t run = 0, row = 0;
  };
  // Rows by place, in that order. Places must be sorted by run.
  std::shared_ptr<arrow::Table> rows_at(const std::vector<Place>& places) const;

 private:
  struct Run {
    std::vector<int64_t> indices;
    std::shared_ptr<arrow::Table> rows;
  };
  void close_run();

  std::filesystem::path folder_;
  std::shared_ptr<arrow::Schema> schema_;
  int64_t run_bytes_, pending_bytes_ = 0, rows_ = 0, bytes_ = 0;
  std::vector<std::shared_ptr<arrow::Table>> pending_;
  std::vector<Run> runs_;
};

// The rows of a table in another order, as a table of one chunk.
std::shared_ptr<arrow::Table> take_rows(const std::shared_ptr<arrow::Table>& table, const std::vector<int64_t>& rows);

}  // namespace asterism::data
