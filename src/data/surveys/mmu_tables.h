#pragma once
// Tables of the Multimodal Universe, a few rows at a time: v1.5 (Parquet files, HATS catalogues) or v1 (HDF5 files,
// read as mmu_hdf5.h says, in the schema of v1.5).

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/hdf5.h"

namespace arrow {
class Schema;
class Table;
}  // namespace arrow

namespace asterism::data {

class MmuTables {
 public:
  struct Part {
    std::shared_ptr<arrow::Table> rows;
    std::string where;
    int64_t first = 0;
  };
  virtual ~MmuTables() = default;
  virtual int64_t num_rows() const = 0;  // 0: not known before they are read
  virtual std::shared_ptr<arrow::Schema> schema() const = 0;
  virtual std::optional<Part> next() = 0;  // DataError: this part is lost, and the next call goes on behind it
};

bool is_hdf5_name(const std::string& name);  // .hdf5, .h5

// Inputs of one kind and of one schema: HDF5 files, folders with some at any depth; or else Parquet files and HATS
// catalogues. DataError naming the file whose columns are not those of the first.
std::unique_ptr<MmuTables> open_mmu_tables(const std::vector<std::filesystem::path>& inputs);
// One HDF5 file that is open already.
std::unique_ptr<MmuTables> mmu_tables_of(io::Hdf5File file);

}  // namespace asterism::data
