#pragma once
// Tables of figures. Numbers of one column stand with their decimal points in line.

#include <string>
#include <vector>

namespace asterism::report {

struct TableColumn {
  std::string title;
  std::string unit;  // below the title, small
};

struct Table {
  std::vector<TableColumn> columns;
  std::vector<std::vector<std::string>>
      rows;  // cells as text: "0.0137", "0.692 [0.61, 0.75]", "" is missing (an en dash is shown)
  std::string caption;
  std::vector<int> emphasised;  // rows in bold
};

// UserError when a row has not as many cells as there are columns.
std::string table_html(const Table& table);

// A number with so many significant digits, thousands grouped from 10,000 on: 0.01372 -> "0.0137", 1234567 ->
// "1,230,000".
std::string significant(double value, int digits = 3);
// "0.0137 [0.0131, 0.0144]": value with its interval, as many decimals as the width of the interval deserves,
// and six significant digits at most.
std::string with_interval(double value, double low, double high);

}  // namespace asterism::report
