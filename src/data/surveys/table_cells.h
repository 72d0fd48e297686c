#pragma once
// Cells of an Arrow table one by one, typed or as text: a bad cell costs a row and not the file.

#include <arrow/type_fwd.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace asterism::data {

class TableCells {
 public:
  TableCells(std::shared_ptr<arrow::Table> table, std::string file);

  int64_t num_rows() const;
  // What a row is found by in its file: the line of a text, as an editor counts them, else the row, counted from 1.
  int64_t number_of(int64_t row) const { return row + first_; }
  // UserError naming the nearest when a column is missing.
  void need(const std::string& column) const;
  // "unit" say, of a column's metadata; "" where there is none.
  std::string word(const std::string& column, const std::string& key) const;

  // Text of a cell, "" where it is missing; numbers that are no integers are a DataError: as ids they have lost digits.
  std::string id(int64_t row, const std::string& column) const;
  std::string text(int64_t row, const std::string& column) const;
  // A number: nothing where the cell is null, NaN, or text for a missing value ("", "nan", "null", "NA", "N/A", "--");
  // DataError naming file, row and column for a cell that is neither.
  std::optional<double> number(int64_t row, const std::string& column) const;
  // A list of numbers: an Arrow list, or text in brackets; NaN where an element is missing, {} where the cell is.
  std::vector<double> list(int64_t row, const std::string& column) const;

 private:
  std::string where(int64_t row, const std::string& column) const;
  const arrow::Array& array(const std::string& column) const;
  std::shared_ptr<arrow::Table> table_;
  std::string file_;
  int64_t first_ = 1;  // of the first row
  bool lines_ = false;
  mutable std::map<std::string, std::shared_ptr<arrow::Array>> arrays_;
};

}  // namespace asterism::data
