#pragma once
// VOTable 1.1 to 1.5 (IVOA) as Arrow tables: TABLEDATA, BINARY and BINARY2, the stream in the file (base64).

#include <arrow/api.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace asterism::io {

// The first table of the file. float, double: float32 and float64, null where NaN; short, int, long, unsignedByte:
// integers, null at the declared null value and where BINARY2 says so; boolean, bit: bool, null where unknown; char,
// unicodeChar: text, null where empty; arrays of numbers: list<...> (of arrays of several axes the axes are one after
// the other). Complex numbers are left out, with a word in the schema's metadata ("left_out"). Each field carries
// `unit`, `ucd`, `description`.
//
// DataError naming file, row and column for what is no VOTable, an external stream, FITS within it, damaged cells,
// streams that end early. Entities beyond XML's five are not expanded.
std::shared_ptr<arrow::Table> read_votable(const std::filesystem::path& path, uint64_t limit = uint64_t{1} << 30);
std::shared_ptr<arrow::Table> parse_votable(std::string_view text, const std::string& source);

// Whether text begins as a VOTable does.
bool is_votable(std::string_view text);

}  // namespace asterism::io
