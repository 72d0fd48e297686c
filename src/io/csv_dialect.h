#pragma once
// How a table of text is written, as its first lines show it.

#include <cstddef>
#include <string_view>

namespace asterism::io {

struct CsvDialect {
  char delimiter =
      ',';  // the most frequent of comma, tab, semicolon and bar in the header; ' ' where blanks alone part it
  std::size_t begin = 0;  // where the header begins, after lines of comment (#)
};

CsvDialect csv_dialect(std::string_view text);

}  // namespace asterism::io
