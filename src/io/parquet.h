#pragma once
// Parquet files as Arrow tables: ZSTD, column statistics, metadata of file and fields kept (ARROW:schema).

#include <arrow/api.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "io/arrow_status.h"

namespace parquet {
class FileMetaData;
}

namespace asterism::io {

struct ParquetOptions {
  int64_t rows_per_group = 65536;
  int zstd_level = 3;                  // 0: uncompressed
  std::vector<std::string> sorted_by;  // recorded as sorting columns; the rows must already be in that order
  std::vector<std::string> plain;      // columns without dictionary (vectors, pixels); floats never use one
};

// Writes row groups as they come; the file appears at close(), complete, or not at all.
class ParquetWriter {
 public:
  // The schema's own key-value metadata becomes the file's; field metadata (unit, ucd, description) is kept.
  ParquetWriter(const std::filesystem::path& path, const std::shared_ptr<arrow::Schema>& schema,
                const ParquetOptions& options = {});
  ~ParquetWriter();  // without close(): nothing is left behind
  ParquetWriter(ParquetWriter&&) noexcept;

  // Appends a table of the same schema (UserError otherwise); rows are gathered into groups of rows_per_group.
  void write(const arrow::Table& table);
  void flush();  // ends the row group begun
  void close();
  int64_t num_rows() const;
  // After close(): the footer, for write_parquet_metadata.
  std::shared_ptr<parquet::FileMetaData> metadata() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

void write_parquet(const std::filesystem::path& path, const arrow::Table& table, const ParquetOptions& options = {});

// A file with schema and no rows (`_common_metadata` of a HATS catalogue).
void write_parquet_schema(const std::filesystem::path& path, const std::shared_ptr<arrow::Schema>& schema);
// `_metadata`: the row groups of many files, by their paths relative to it. Order is kept.
void write_parquet_metadata(const std::filesystem::path& path,
                            const std::vector<std::pair<std::string, std::shared_ptr<parquet::FileMetaData>>>& files);

// The files that such a file names, each once, in its order. DataError where it is damaged or names a place outside.
std::vector<std::string> files_in_parquet_metadata(const std::filesystem::path& path);

struct ParquetRange {
  double low = 0, high = 0;  // of one column in one row group
};

// An open file. Not shared between threads. DataError naming file, row group and column for anything wrong in it.
class ParquetFile {
 public:
  // A file of this machine, or of an object store or web server (place.h).
  static ParquetFile open(const std::filesystem::path& path);
  ~ParquetFile();
  ParquetFile(ParquetFile&&) noexcept;

  const std::filesystem::path& path() const;
  int64_t num_rows() const;
  int num_row_groups() const;
  int64_t rows_in_group(int group) const;
  std::shared_ptr<arrow::Schema> schema() const;        // with field metadata
  std::map<std::string, std::string> metadata() const;  // key-value pairs of the file, ARROW:schema left out
  std::shared_ptr<parquet::FileMetaData> footer() const;

  // Statistics of a numeric column; nullopt when the file has none for it.
  std::optional<ParquetRange> range(int group, const std::string& column) const;
  std::optional<std::pair<int64_t, int64_t>> integer_range(int group, const std::string& column) const;

  // Of a column of text: nothing between the first and the second is left out (long texts may be cut short in the
  // file).
  std::optional<std::pair<std::string, std::string>> text_range(int group, const std::string& column) const;
  // What the chunks of these columns take in the file, compressed; a column named twice counts once.
  int64_t bytes(int group, const std::vector<std::string>& columns) const;

  // Columns by name ("spectrum", or one field of a struct: "spectrum.flux"), in the order asked; none named: all of
  // them. DataError naming the nearest column when one is absent.
  std::shared_ptr<arrow::Table> read(const std::vector<std::string>& columns = {}) const;
  std::shared_ptr<arrow::Table> read_groups(const std::vector<int>& groups,
                                            const std::vector<std::string>& columns = {}) const;

 private:
  ParquetFile();
  struct State;
  std::unique_ptr<State> state_;
};

std::shared_ptr<arrow::Table> read_parquet(const std::filesystem::path& path,
                                           const std::vector<std::string>& columns = {});

}  // namespace asterism::io
