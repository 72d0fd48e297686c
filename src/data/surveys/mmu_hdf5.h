#pragma once
// An HDF5 file of the Multimodal Universe (v1) as an Arrow table of its v1.5 schema: `spectrum_flux` and its like
// become a struct `spectrum`, `image_array` (JWST: image_flux) a struct `image`, `catalog_X` a struct `catalog`, light
// curves of any layout a struct `lightcurve` (mmu_hdf5_curves.h), BTSbot's `image_triplet` [n, H, W, 3] an `image` of
// three bands, numbers and texts columns of their own. In a file of one light curve single values are such columns too.
// MaNGA's groups, one an object, are read by mmu_manga.h.

#include <arrow/type_fwd.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "data/surveys/mmu_hdf5_curves.h"
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
  enum class Form { kPlain, kStruct, kPicture, kTriplet, kCurves };
  struct Column {
    Form form = Form::kPlain;
    std::string name;                                           // of the table
    std::vector<std::pair<std::string, std::string>> children;  // of a struct: field, dataset
    std::string dataset;
  };
  using Groups = std::map<std::string, std::vector<std::pair<std::string, std::string>>>;
  void sort_datasets();
  void add_dataset(const io::Hdf5Dataset& dataset, Groups& groups);
  void add_struct(const std::string& name, const std::vector<std::pair<std::string, std::string>>& children);
  std::shared_ptr<arrow::DataType> type_of(const io::Hdf5Dataset& dataset) const;
  std::shared_ptr<arrow::DataType> type_of(const Column& column) const;
  std::shared_ptr<arrow::Array> array_of(const std::string& path, int64_t first, int64_t rows);
  std::shared_ptr<arrow::Array> array_of(const Column& column, int64_t first, int64_t rows);
  std::shared_ptr<arrow::Array> pictures_of(const std::string& path, int64_t first, int64_t rows);
  std::shared_ptr<arrow::Array> triplets_of(const std::string& path, int64_t first, int64_t rows);

  io::Hdf5File file_;
  std::optional<MmuHdf5Curves> curves_;
  int64_t rows_ = 0, row_bytes_ = 8;
  std::vector<Column> columns_;
  std::vector<std::string> left_out_;
  std::shared_ptr<arrow::Schema> schema_;
};

}  // namespace asterism::data
