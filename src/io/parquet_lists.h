#pragma once
// Lists of numbers that have the same shape in every row (pixels of images, spectra on one grid), decoded without
// Arrow's general way through lists: the levels of a row are compared with those of the first one, and offsets are
// counted, not gathered. Half of the time that Arrow needs; the same arrays.

#include <arrow/type_fwd.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace parquet {
class ParquetFileReader;
}

namespace asterism::io {

// One leaf of lists in one row group, as an array of `type` (lists in lists of float, double or boolean) of all its
// rows. present[i] is 0 where the row, or the struct around it, is missing. nullopt for whatever is not regular:
// another shape in some row, a missing value, an empty or missing list in a row that is there, other types.
struct RegularLists {
  std::shared_ptr<arrow::Array> lists;
  std::vector<uint8_t> present;
};
std::optional<RegularLists> read_regular_lists(parquet::ParquetFileReader& file, int group, int leaf,
                                               const std::shared_ptr<arrow::DataType>& type);

// One row group, with every column of lists that is regular read as above (side by side), and the others by
// `read_others`, which is given their leaves. leaves: in order; schema: of the whole file. Null where no column is
// regular: then Arrow reads it as well.
using ReadLeaves = std::function<std::shared_ptr<arrow::Table>(const std::vector<int>& leaves)>;
std::shared_ptr<arrow::Table> read_with_regular_lists(parquet::ParquetFileReader& file, const arrow::Schema& schema,
                                                      int group, const std::vector<int>& leaves,
                                                      const ReadLeaves& read_others);

}  // namespace asterism::io
