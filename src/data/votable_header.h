#pragma once
// What columns mean, in the words that the Virtual Observatory's programs read: VOTable metadata kept inside Parquet
// files (VOParquet convention 1.0), beside the field metadata that pyarrow and our own reader use.

#include <arrow/type_fwd.h>

#include <memory>
#include <string>

#include "data/dataset_info.h"

namespace asterism::data {

// A VOTable 1.4 document without rows: one FIELD a column, in order, with datatype, unit, ucd and description from the
// field metadata. A struct, which VOTable lacks, is a text field whose description names its members.
std::string votable_header(const arrow::Schema& schema, const DatasetInfo& info);

// The schema with that document under IVOA.VOTable-Parquet.content, and the version beside it.
std::shared_ptr<arrow::Schema> with_votable_header(const std::shared_ptr<arrow::Schema>& schema,
                                                   const DatasetInfo& info);

}  // namespace asterism::data
