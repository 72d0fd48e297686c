#pragma once
// How MatchInput reads one kind of file.

#include <arrow/type_fwd.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/match_input.h"

namespace asterism::data {

class MatchSource {
 public:
  virtual ~MatchSource() = default;
  std::string name;
  std::vector<int64_t> chunks = {0};
  std::shared_ptr<arrow::Schema> schema;  // object_id, then the columns asked for
  bool in_memory = false, has_ids = true;
  virtual std::string identity() const = 0;
  // Several threads call these at once, for different chunks.
  virtual SkyColumns read_sky(size_t begin, size_t end) const = 0;
  virtual std::shared_ptr<arrow::Table> read_columns(size_t chunk) const = 0;
};

// A CSV or FITS table, read whole.
std::unique_ptr<MatchSource> table_source(const std::filesystem::path& path, const std::vector<std::string>& columns);
// A dataset, HATS catalogue or Parquet file.
std::unique_ptr<MatchSource> dataset_source(const std::filesystem::path& path, const std::vector<std::string>& columns);

// The rest of a source: the ids of a column as they are (integers or text, as published_id.h cleans it), or the
// row numbers "row-<first + i>" where there is none.
std::shared_ptr<arrow::Array> ids_of(const std::shared_ptr<arrow::Array>& column, const std::string& where);
std::shared_ptr<arrow::Array> row_numbers(int64_t first, int64_t rows);
// The type that ids_of gives.
std::shared_ptr<arrow::DataType> id_type(const std::shared_ptr<arrow::DataType>& column);

// Names under which published tables give proper motion and epoch; the first that `names` holds, else "".
struct MotionColumns {
  std::string pmra, pmdec, epoch;
};
MotionColumns motion_columns(const std::vector<std::string>& names);

}  // namespace asterism::data
