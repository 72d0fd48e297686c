#pragma once
// Lists of numbers in a cell of a text table: "(1.5, 2, 3)", "[1.5,2,null]", as Python and JSON write them.

#include <string>
#include <string_view>
#include <vector>

namespace asterism::data {

// The numbers; an empty cell and empty brackets give none, `null`, `None` and `nan` a NaN. DataError naming `where` for
// other text, brackets that do not match, and more than `most` numbers.
std::vector<double> parse_number_list(std::string_view cell, const std::string& where, size_t most = 1 << 20);

}  // namespace asterism::data
