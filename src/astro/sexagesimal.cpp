#include "astro/sexagesimal.h"

#include <charconv>
#include <cmath>

namespace asterism::astro {

std::optional<double> parse_sexagesimal(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  const bool negative = !text.empty() && text.front() == '-';
  if (negative || (!text.empty() && text.front() == '+')) text.remove_prefix(1);
  double value = 0, unit = 1;
  for (int part = 0; part < 3; ++part) {
    if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
    double number = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (result.ec != std::errc() || !std::isfinite(number) || (part > 0 && number >= 60)) return std::nullopt;
    const bool whole =
        std::string_view(text.data(), size_t(result.ptr - text.data())).find('.') == std::string_view::npos;
    value += number / unit;
    unit *= 60;
    text.remove_prefix(size_t(result.ptr - text.data()));
    if (text.empty()) return negative ? -value : value;
    if ((text.front() != ':' && text.front() != ' ') || !whole) return std::nullopt;
    text.remove_prefix(1);
  }
  return std::nullopt;
}

}  // namespace asterism::astro
