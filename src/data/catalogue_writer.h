#pragma once
// One HATS catalogue folder: its data files and the small files that describe them.

#include <arrow/type_fwd.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "data/pixel_tree.h"
#include "data/properties.h"

namespace parquet {
class FileMetaData;
}

namespace asterism::io {
class ParquetFile;
class ParquetWriter;
}  // namespace asterism::io

namespace asterism::data {

struct ParquetShape {
  int64_t rows_per_group = 8192;
  int zstd_level = 1;
};

// Path of a data file below `dataset/`: Norder=<k>/Dir=<d>/Npix=<n>.parquet.
std::string partition_path(Pixel pixel);

class CatalogueWriter {
 public:
  CatalogueWriter(std::filesystem::path folder, std::shared_ptr<arrow::Schema> schema, ParquetShape shape);

  // The rows of one partition, sorted by `_healpix_29`; partitions come in sky order and hold at least one row.
  void add(Pixel pixel, const arrow::Table& rows);
  void add(Pixel pixel, const io::ParquetFile& rows);  // one row group in memory at a time

  // Writes partition_info.csv, `_metadata`, `_common_metadata`, hats.properties and properties. What is counted here
  // (hats_nrows, hats_order, hats_estsize ...) is put into the properties.
  void finish(Properties properties);

  int64_t num_rows() const { return rows_; }
  const std::vector<Pixel>& pixels() const { return pixels_; }
  int64_t bytes() const { return bytes_; }
  // "Norder=.../...parquet" and sha256 of each data file.
  const std::vector<std::pair<std::string, std::string>>& hashes() const { return hashes_; }

 private:
  void add(Pixel pixel, int64_t rows, const std::function<void(io::ParquetWriter&)>& write);

  std::filesystem::path folder_;
  std::shared_ptr<arrow::Schema> schema_;
  ParquetShape shape_;
  int64_t rows_ = 0, bytes_ = 0;
  std::vector<Pixel> pixels_;
  std::vector<std::pair<std::string, std::shared_ptr<parquet::FileMetaData>>> footers_;
  std::vector<std::pair<std::string, std::string>> hashes_;
};

}  // namespace asterism::data
