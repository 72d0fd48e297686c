#pragma once
// What is wrong in columns as they are stored. Reading makes something harmless of it (missing, masked, unknown), so
// that blocks do not show it any more: it is looked for in the tables.

#include <arrow/type_fwd.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "data/layout.h"

namespace asterism::data {

class ColumnFaults {
 public:
  explicit ColumnFaults(const Layout& layout) : layout_(layout) {}

  // Rows first_row and on. Looked at: positions that are NaN; errors and inverse variances below 0; pixel scales that
  // are not above 0. Columns that the table lacks are passed over.
  void add(const arrow::Table& table, int64_t first_row);

  // "column flux_g_error: 3 values below 0 in 3 rows, the first -0.5 in row 17", a line a column and fault.
  std::vector<std::string> lines() const;

 private:
  enum class Fault { nan, negative, not_positive };
  struct Found {
    int64_t values = 0, rows = 0, first_row = 0;
    double first = 0;
  };
  void look(const arrow::Array& column, const std::string& name, Fault fault, int64_t first_row);
  void look_inside(const arrow::Array& column, const std::string& name, int64_t first_row);

  const Layout& layout_;
  std::map<std::pair<std::string, Fault>, Found> found_;
};

}  // namespace asterism::data
