#include "data/surveys/number_list.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace asterism::data {
namespace {

void skip_blanks(std::string_view& text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t' || text.front() == '\n' || text.front() == '\r'))
    text.remove_prefix(1);
}

// One number or word for a missing one, taken off the front.
double take_number(std::string_view& text, const std::string& where, size_t place) {
  for (const std::string_view missing : {"null", "None", "nan", "NaN"}) {
    if (!text.starts_with(missing)) continue;
    text.remove_prefix(missing.size());
    return std::numeric_limits<double>::quiet_NaN();
  }
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || !std::isfinite(value))
    base::data_error("{}, number {} of its list: '{}' is none", where, place + 1, text.substr(0, 20));
  text.remove_prefix(size_t(result.ptr - text.data()));
  return value;
}

}  // namespace

std::vector<double> parse_number_list(std::string_view cell, const std::string& where, size_t most) {
  std::vector<double> out;
  skip_blanks(cell);
  if (cell.empty()) return out;
  const char open = cell.front(), close = open == '(' ? ')' : ']';
  if (open != '(' && open != '[') base::data_error("{}: '{}' is no list in brackets", where, cell.substr(0, 20));
  cell.remove_prefix(1);
  skip_blanks(cell);
  while (!cell.empty() && cell.front() != close) {
    if (out.size() >= most) base::data_error("{}: a list of more than {} numbers", where, most);
    out.push_back(take_number(cell, where, out.size()));
    skip_blanks(cell);
    if (cell.empty() || (cell.front() != ',' && cell.front() != close))
      base::data_error("{}: no comma behind number {} of its list", where, out.size());
    if (cell.front() == ',') cell.remove_prefix(1);
    skip_blanks(cell);
  }
  if (cell.empty()) base::data_error("{}: the bracket of a list is not closed", where);
  cell.remove_prefix(1);
  skip_blanks(cell);
  if (!cell.empty()) base::data_error("{}: '{}' behind a list", where, cell.substr(0, 20));
  return out;
}

}  // namespace asterism::data
