#pragma once
// Croissant (MLCommons, version 1.0): a description of a dataset that machine-learning tools and dataset searches read.

#include <arrow/type_fwd.h>

#include <string>

#include "data/dataset_info.h"

namespace asterism::data {

// JSON-LD: licence, citation, the Parquet files below `folder` (of the catalogue, relative to the description), and one
// record set with a field for each column and each member of a struct, its unit as schema.org's unitText. `when`:
// "2025-08-22".
std::string croissant(const arrow::Schema& schema, const DatasetInfo& info, const std::string& folder,
                      const std::string& when);

}  // namespace asterism::data
