#pragma once
// Writes a dataset: a HATS collection that LSDB, pandas, DuckDB and our own reader open. docs/formats/dataset.md says
// what lies where.
//
//   HatsWriter writer("out/mock", info);
//   while (auto batch = ...) writer.add(*batch);
//   WrittenDataset written = writer.finish();
//
// Bounded memory: rows are gathered into runs of `run_bytes`, sorted by sky position and spooled to a folder beside the
// output; finish() merges the runs partition by partition. 8 bytes a row stay in memory. The output folder appears when
// finish() has succeeded, complete, or not at all.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/atomic_file.h"
#include "data/dataset_info.h"
#include "modalities/block.h"

namespace asterism::data {

struct HatsOptions {
  int64_t partition_rows = 1000000;              // a partition holds no more
  int64_t partition_bytes = int64_t{256} << 20;  // uncompressed
  int64_t group_bytes = int64_t{16} << 20;       // of a row group, uncompressed, within 32 .. 8192 rows
  int64_t run_bytes = int64_t{256} << 20;        // gathered before they are spooled
  double margin_arcsec = 10;                     // of the margin cache; 0: none
  bool tight = false;                            // PartitionRule::tight
  int zstd_level = 1;
  base::Replace replace = base::Replace::no;  // may an existing dataset of that name be replaced?
};

struct WrittenDataset {
  std::filesystem::path path;  // the collection
  int64_t rows = 0, unplaced_rows = 0, partitions = 0, margin_rows = 0;
  int64_t bytes = 0;      // on disk
  std::string data_hash;  // sha256 over the Parquet files, in order: names what was trained on
};

class HatsWriter {
 public:
  // UserError when the output exists (without replace) or cannot be written.
  HatsWriter(const std::filesystem::path& out, DatasetInfo info, HatsOptions options = {});
  ~HatsWriter();  // without finish(): nothing is left behind
  HatsWriter(const HatsWriter&) = delete;
  HatsWriter& operator=(const HatsWriter&) = delete;

  // Appends rows. Every batch holds the same modalities with the same bands, sizes and units as the first (DataError).
  void add(const modalities::Batch& batch);

  // A further text file that belongs to the dataset ("bad_rows.csv").
  void add_file(const std::string& name, const std::string& text);

  WrittenDataset finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace asterism::data
