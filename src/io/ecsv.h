#pragma once
// ECSV (Enhanced CSV 1.0, Astropy APE 6): a CSV table behind a header of comment lines that describes its columns.

#include <arrow/api.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace asterism::io {

// Every cell as text, an empty one null; on each field what the header says: `unit`, `ucd`, `description`, `datatype`
// ("float32"), `subtype` ("float64[null]": lists as JSON in the cell). DataError naming the file for a header that is
// none, columns that differ from it, and what read_csv refuses; rows count from the first line of the file.
std::shared_ptr<arrow::Table> read_ecsv(const std::filesystem::path& path, uint64_t limit = uint64_t{4} << 30);
std::shared_ptr<arrow::Table> parse_ecsv(std::string_view text, const std::string& source);

// Whether text begins as ECSV does.
bool is_ecsv(std::string_view text);
int64_t ecsv_header_lines(std::string_view text);  // comment lines before the line of column names

}  // namespace asterism::io
