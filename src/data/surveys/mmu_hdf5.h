#pragma once
// An HDF5 file of the Multimodal Universe (v1) as an Arrow table of its v1.5 schema: `spectrum_flux` and its like
// become a struct `spectrum`, `image_array` (JWST: image_flux) a struct `image`, `catalog_X` a struct `catalog`,
// numbers and texts columns of their own. MaNGA's groups, one an object, are read by mmu_manga.h.

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "io/hdf5.h"

namespace asterism::data {

class MmuHdf5 {
 public:
  // DataError naming the dataset where they have different numbers of rows, or none is an id.
  explicit MmuHdf5(io::Hdf5File file);

  int64_t num_rows() const { return rows_; }
  int64_t row_bytes() const { return row_bytes_; }  // of the widest column, to size reads by
  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }
  // Datasets that have no place in the schema.
  const std::vector<std::string>& left_out() const { return left_out_; }
  std::shared_ptr<arrow::Table> read(int64_t first, int64_t rows);

 private:
  struct Column {
    std::string name;                                           // of the table
    std::vector<std::pair<std::string, std::string>> children;  // field of a struct, dataset; {}: a plain column
    std::string dataset;
    bool picture = false;  // bytes of colours: [n, H, W, 3]
  };
  void sort_datasets();
  void add_struct(const std::string& name, const std::vector<std::pair<std::string, std::string>>& children);
  std::shared_ptr<arrow::DataType> type_of(const io::Hdf5Dataset& dataset) const;
  std::shared_ptr<arrow::Array> array_of(const std::string& path, int64_t first, int64_t rows);
  std::shared_ptr<arrow::Array> pictures_of(const std::string& path, int64_t first, int64_t rows);

  io::Hdf5File file_;
  int64_t rows_ = 0, row_bytes_ = 8;
  std::vector<Column> columns_;
  std::vector<std::string> left_out_;
  std::shared_ptr<arrow::Schema> schema_;
};

}  // namespace asterism::data
