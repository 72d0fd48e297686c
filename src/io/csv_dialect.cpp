#include "io/csv_dialect.h"

#include <algorithm>

namespace asterism::io {

CsvDialect csv_dialect(std::string_view text) {
  CsvDialect out;
  constexpr std::string_view kMark = "\xef\xbb\xbf";  // of byte order
  const size_t mark = text.starts_with(kMark) ? kMark.size() : 0;
  size_t at = mark;
  while (at < text.size() && text[at] == '#') {
    const size_t end = text.find('\n', at);
    if (end == std::string_view::npos) break;
    at = end + 1;
  }
  out.begin = at == mark ? 0 : at;
  const auto header = text.substr(at, text.find_first_of("\r\n", at) - at);
  std::ptrdiff_t most = 0;
  for (const char delimiter : {',', '\t', ';', '|'}) {
    const auto count = std::count(header.begin(), header.end(), delimiter);
    if (count > most) {
      most = count;
      out.delimiter = delimiter;
    }
  }
  const size_t first = header.find_first_not_of(' ');
  if (most == 0 && first != std::string_view::npos && header.find(' ', first) < header.find_last_not_of(' '))
    out.delimiter = ' ';
  return out;
}

std::string decimal_comma(std::string_view cell) {
  const size_t comma = cell.find(',');
  const auto digits = [](std::string_view part) {
    return !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos;
  };
  if (comma == std::string_view::npos) return "";
  auto whole = cell.substr(0, comma), rest = cell.substr(comma + 1);
  if (whole.starts_with('-') || whole.starts_with('+')) whole.remove_prefix(1);
  if (!digits(whole) || !digits(rest.substr(0, rest.find_first_of("eE")))) return "";
  return ": it has a decimal comma; write the table with points (pandas: to_csv(..., decimal='.'), R: write.csv, "
         "spreadsheets: save under an English locale)";
}

}  // namespace asterism::io
