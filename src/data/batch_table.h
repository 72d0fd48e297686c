#pragma once
// A Batch as an Arrow table with Multimodal Universe's column names, and back.

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/layout.h"
#include "modalities/block.h"

namespace asterism::data {

// The batch in the columns of `schema`, which schema_for() made from a batch with the same modalities, bands, sizes and
// units (DataError naming the difference otherwise). Several chunks when a column would be too large for one.
std::shared_ptr<arrow::Table> to_table(const modalities::Batch& batch, const std::shared_ptr<arrow::Schema>& schema);

// The rows of a table whose layout is known; of the modalities named ({}: all). `where` names the file for messages.
// DataError where a column is not what the layout says, with the id of the object where it is a row that is not.
// Objects without an id get their row number, "row-<first_row + i>".
modalities::Batch from_table(const arrow::Table& table, const Layout& layout, const std::vector<std::string>& names,
                             const std::string& where, int64_t first_row = 0);

// The object keys alone.
std::vector<modalities::ObjectKey> keys_of(const arrow::Table& table, const Layout& layout, const std::string& where,
                                           int64_t first_row = 0);

}  // namespace asterism::data
