#include "io/csv_dialect.h"

#include <algorithm>
#include <charconv>

namespace asterism::io {
namespace {

std::string_view line_at(std::string_view text, size_t at) {
  return text.substr(at, text.find_first_of("\r\n", at) - at);
}

bool has_a_number(std::string_view line, char delimiter) {
  while (true) {
    std::string_view cell = line.substr(0, line.find(delimiter));
    while (cell.starts_with(' ') || cell.starts_with('+')) cell.remove_prefix(1);
    while (cell.ends_with(' ')) cell.remove_suffix(1);
    double value = 0;
    const auto end = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (!cell.empty() && end.ec == std::errc() && end.ptr == cell.data() + cell.size()) return true;
    const size_t next = line.find(delimiter);
    if (next == std::string_view::npos) return false;
    line.remove_prefix(next + 1);
  }
}

char delimiter_of(std::string_view header) {
  char out = ',';
  std::ptrdiff_t most = 0;
  for (const char delimiter : {',', '\t', ';', '|'}) {
    const auto count = std::count(header.begin(), header.end(), delimiter);
    if (count > most) {
      most = count;
      out = delimiter;
    }
  }
  const size_t first = header.find_first_not_of(' ');
  if (most == 0 && first != std::string_view::npos && header.find(' ', first) < header.find_last_not_of(' '))
    return ' ';
  return out;
}

}  // namespace

CsvDialect csv_dialect(std::string_view text) {
  CsvDialect out;
  constexpr std::string_view kMark = "\xef\xbb\xbf";  // of byte order
  const size_t mark = text.starts_with(kMark) ? kMark.size() : 0;
  size_t at = mark, last_comment = mark;
  while (at < text.size() && text[at] == '#') {
    const size_t end = text.find('\n', at);
    if (end == std::string_view::npos) break;
    last_comment = at;
    at = end + 1;
  }
  out.begin = at == mark ? 0 : at;
  out.delimiter = delimiter_of(line_at(text, at));
  if (at == mark) return out;
  // "# id,ra,dec" above numbers is the header, in the way of many astronomers
  const size_t names = std::min(text.find_first_not_of("# \t", last_comment), at);
  const auto commented = line_at(text, names), first = line_at(text, at);
  if (std::count(commented.begin(), commented.end(), out.delimiter) ==
          std::count(first.begin(), first.end(), out.delimiter) &&
      commented.find(out.delimiter) != std::string_view::npos && has_a_number(first, out.delimiter) &&
      !has_a_number(commented, out.delimiter))
    out.begin = names;
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
