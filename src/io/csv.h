#pragma once
// CSV files (gzip as well) as Arrow tables.

#include <arrow/api.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace asterism::io {

struct CsvOptions {
  char delimiter = ',';
  bool all_text = false;  // every column as text
  std::map<std::string, std::shared_ptr<arrow::DataType>>
      types;                         // of columns that must have that type; others are guessed
  std::vector<std::string> columns;  // only these, in this order; empty: all
  std::vector<std::string> nulls = {
      "", "NA", "NaN", "nan", "null", "NULL", "N/A"};  // missing, in columns of numbers;
                                                       // in columns of text only the empty cell is
  uint64_t limit = uint64_t{4} << 30;                  // bytes, after gunzip
  bool threads = false;      // parse on all threads; a file that fails is read again on one, to say in which line
  int64_t lines_before = 0;  // lines of the file before the text, which messages count too
};

// The table under the header line. Repeated header names, a row of the wrong length, a cell that is not of the required
// type, bad UTF-8: DataError naming file, line (the header is line 1 of the text; that of an editor unless cells hold
// line breaks), and column where there is one; with a hint where a number has a decimal comma. A column without a name
// (an index, as pandas writes it) is named "column_<number from 1>". Blanks about a name are no part of it.
std::shared_ptr<arrow::Table> read_csv(const std::filesystem::path& path, const CsvOptions& options = {});
std::shared_ptr<arrow::Table> parse_csv(std::string_view text, const std::string& source,
                                        const CsvOptions& options = {});

// Where a text is to say itself what parts its cells (csv_dialect.h): sets options.delimiter, and cuts lines of comment
// before the header off, which it counts in options.lines_before. DataError where blanks part them.
void take_dialect(std::string_view& text, const std::string& source, CsvOptions& options);

// The line of the file in which the first of so many rows stands; 0 where rows are no lines (line breaks in cells,
// blank lines between them).
int64_t first_row_line(std::string_view text, int64_t rows, const CsvOptions& options);

// The names in the header line.
std::vector<std::string> csv_names(std::string_view text, const std::string& source, const CsvOptions& options = {});

// One header line and one line a row; text is quoted where it must be; missing is an empty cell. Plain columns only
// (numbers, text, booleans). Written atomically.
void write_csv(const std::filesystem::path& path, const arrow::Table& table);

}  // namespace asterism::io
