#pragma once
// A CSV or ECSV table whose cells are read one by one, so that a bad cell costs a row and not the file.

#include <arrow/type_fwd.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace asterism::data {

class TextTable {
 public:
  // DataError when the file cannot be read, is no table, or lacks a column; `wanted` columns may be missing.
  TextTable(const std::filesystem::path& path, const std::vector<std::string>& needed,
            const std::vector<std::string>& wanted = {});

  // The same with every column of the file, `needed` among them.
  static TextTable whole(const std::filesystem::path& path, const std::vector<std::string>& needed);

  const std::vector<std::string>& names() const { return names_; }  // of the file's columns, in order
  const std::string& file() const { return file_; }
  bool has(const std::string& column) const { return columns_.count(column) != 0; }
  int64_t num_rows() const { return rows_; }
  std::string text(int64_t row, const std::string& column) const;  // "" where empty
  // Nothing where empty; DataError naming file, line and column for a cell that is no finite number.
  std::optional<double> number(int64_t row, const std::string& column) const;
  double need_number(int64_t row, const std::string& column) const;  // DataError where empty as well
  int64_t line(int64_t row) const { return row + first_line_; }

 private:
  TextTable(const std::filesystem::path& path, const std::vector<std::string>& needed,
            const std::vector<std::string>& wanted, bool whole);

  std::string file_;
  std::vector<std::string> names_;
  int64_t rows_ = 0, first_line_ = 2;  // a CSV's header is line 1
  std::map<std::string, std::shared_ptr<arrow::Array>> columns_;
};

}  // namespace asterism::data
