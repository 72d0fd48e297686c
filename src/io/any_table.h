#pragma once
// A table in whatever format astronomers keep one: CSV, ECSV, FITS, VOTable or Parquet, by its first bytes.

#include <arrow/api.h>

#include <filesystem>
#include <memory>
#include <string>

namespace asterism::io {

// Parquet and VOTable as they are; of FITS the first table HDU; CSV and ECSV with every cell as text (a bad cell is
// then the reader's to judge, row by row). Text formats may be gzip. Fields carry `unit`, `ucd`, `description` where
// the file says them. DataError naming file and place; UserError when it cannot be opened.
// Of CSV and ECSV the schema's metadata tell under kFirstLine in which line the first row stands, where rows are lines.
inline constexpr const char* kFirstLine = "asterism:first_line";
std::shared_ptr<arrow::Table> read_any_table(const std::filesystem::path& path);

// "csv", "ecsv", "fits", "votable" or "parquet".
std::string table_format(const std::filesystem::path& path);

}  // namespace asterism::io
