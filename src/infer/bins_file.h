#pragma once
// The bins of posteriors as files beside a dataset: tools that read Parquet without the metadata of its columns
// (pandas, LSDB) would have probabilities of nobody knows what.

#include <arrow/type_fwd.h>

#include <filesystem>

namespace asterism::infer {

// For each column whose metadata hold `asterism:edges`: folder/<column>_bins.csv with a row a bin, its `low` and `high`
// edge (empty where it is not finite), in the order of the column's numbers. DataError: a full disk.
void write_bins(const arrow::Schema& schema, const std::filesystem::path& folder);

}  // namespace asterism::infer
