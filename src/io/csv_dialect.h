#pragma once
// How a table of text is written, as its first lines show it.

#include <cstddef>
#include <string>
#include <string_view>

namespace asterism::io {

struct CsvDialect {
  char delimiter =
      ',';  // the most frequent of comma, tab, semicolon and bar in the header; ' ' where blanks alone part it
  // Where the header begins, after lines of comment (#). The last of those is it where it has as many names as the line
  // below has cells, of which one is a number.
  std::size_t begin = 0;
};

CsvDialect csv_dialect(std::string_view text);

// The rest of a message about a cell that is no number: what to do, where it has a decimal comma ("1,5"); else "".
std::string decimal_comma(std::string_view cell);

}  // namespace asterism::io
