#pragma once
// Rows of a dataset by place or id, reading as little as possible: partitions and row groups that cannot hold any are
// passed over, then positions and ids are read, and the other columns only of groups where rows were found.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/hats_read.h"
#include "data/sky_region.h"

namespace asterism::data {

struct SelectOptions {
  SkyRegion region;
  std::vector<std::string> ids;      // {}: any
  std::vector<std::string> columns;  // of the files, or fields of structs ("spectrum.flux"); {}: all
};

struct SelectReport {
  int64_t rows = 0;
  std::vector<std::string> missing;  // ids asked for that are nowhere in the dataset, or outside the region
  int64_t files = 0, files_opened = 0;
  int64_t groups_read = 0, groups_opened = 0;  // row groups of the opened files
  // Of all data files (of far ones as the catalogue's hats_estsize has it); of column chunks that were read,
  // compressed.
  int64_t bytes = 0, bytes_read = 0;
};

// Writes the rows found to `out` (.parquet, or .csv for plain columns), in the order of the dataset, with the metadata
// of its columns. UserError for an unknown column, naming the nearest, and for a region in a dataset without positions.
SelectReport select_rows(const HatsReader& dataset, const std::filesystem::path& out, const SelectOptions& options);

}  // namespace asterism::data
