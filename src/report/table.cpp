#include "report/table.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "report/markup.h"

namespace asterism::report {
namespace {

// A cell that begins with a number, parted at its decimal point: "0.692 [0.61, 0.75]" -> "0" and ".692 [0.61, 0.75]".
struct Parts {
  bool numeric = false;
  std::string before, after;
};

Parts parts_of(const std::string& cell) {
  size_t at = !cell.empty() && (cell[0] == '-' || cell[0] == '+') ? 1 : 0;
  const size_t digits = at;
  while (at < cell.size() && ((cell[at] >= '0' && cell[at] <= '9') || (cell[at] == ',' && at > digits))) ++at;
  if (at == digits) return {};
  const size_t point = at;
  if (at < cell.size() && cell[at] == '.') ++at;
  while (at < cell.size() &&
         ((cell[at] >= '0' && cell[at] <= '9') || cell[at] == 'e' || (cell[at - 1] == 'e' && cell[at] == '-')))
    ++at;
  if (at < cell.size() && cell[at] != ' ' && cell[at] != '%') return {};  // "3C273", "2026-11-23": a name, not a number
  return {true, cell.substr(0, point), cell.substr(point)};
}

std::string with_minus(std::string text) {
  for (size_t at = 0; (at = text.find('-', at)) != std::string::npos; at += 3) text.replace(at, 1, "\u2212");
  return text;
}

// How the cells of one column are laid out.
struct Layout {
  bool numeric = true, empty = true, negative = false;
  size_t before = 0, after = 0;  // characters on either side of the decimal point
};

Layout layout_of(const Table& table, size_t column) {
  Layout layout;
  for (const auto& row : table.rows) {
    if (row[column].empty()) continue;
    const Parts parts = parts_of(row[column]);
    layout.empty = false;
    layout.negative = layout.negative || row[column].front() == '-';
    layout.numeric = layout.numeric && parts.numeric;
    layout.before = std::max(layout.before, parts.before.size());
    layout.after = std::max(layout.after, parts.after.size());
  }
  layout.numeric = layout.numeric && !layout.empty;
  return layout;
}

std::string cell_html(const std::string& cell, const Layout& layout) {
  const std::string kind = layout.numeric ? " class=\"number\"" : "";
  if (cell.empty()) return "<td" + kind + "><span class=\"missing\">\u2013</span></td>";
  if (!layout.numeric) return "<td>" + with_powers(cell) + "</td>";
  const Parts parts = parts_of(cell);
  // A minus sign is wider than a digit.
  return fmt::format(
      "<td{}><span class=\"whole\" style=\"width:{}{}ch\">{}</span><span class=\"part\" "
      "style=\"width:{}ch\">{}</span></td>",
      kind, layout.before, layout.negative ? ".5" : "", escaped(with_minus(parts.before)), layout.after,
      escaped(with_minus(parts.after)));
}

}  // namespace

std::string table_html(const Table& table) {
  for (size_t i = 0; i < table.rows.size(); ++i) {
    if (table.rows[i].size() != table.columns.size()) {
      base::user_error("row {} of a table has {} cells, not {}", i, table.rows[i].size(), table.columns.size());
    }
  }
  std::vector<Layout> layouts;
  std::string head = "<tr>";
  for (size_t i = 0; i < table.columns.size(); ++i) {
    layouts.push_back(layout_of(table, i));
    head += fmt::format("<th scope=\"col\"{}>{}", layouts[i].numeric ? " class=\"number\"" : "",
                        with_powers(table.columns[i].title));
    if (!table.columns[i].unit.empty()) head += "<small>" + with_powers(table.columns[i].unit) + "</small>";
    head += "</th>";
  }
  std::string body;
  for (size_t i = 0; i < table.rows.size(); ++i) {
    const bool bold =
        std::find(table.emphasised.begin(), table.emphasised.end(), static_cast<int>(i)) != table.emphasised.end();
    body += bold ? "<tr class=\"strong\">" : "<tr>";
    for (size_t c = 0; c < table.columns.size(); ++c) body += cell_html(table.rows[i][c], layouts[c]);
    body += "</tr>\n";
  }
  const std::string caption =
      table.caption.empty() ? "" : "<figcaption class=\"caption\">" + with_powers(table.caption) + "</figcaption>";
  return "<figure class=\"table\">" + caption + "<div class=\"scroll\"><table><thead>" + head +
         "</tr></thead><tbody>\n" + body + "</tbody></table></div></figure>\n";
}

std::string significant(double value, int digits) {
  if (std::isnan(value)) return "";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  if (value == 0) return "0";
  // The exponent after rounding: 9.996 with three digits is 10.0.
  const std::string rounded = fmt::format("{:.{}e}", value, std::max(digits, 1) - 1);
  const int exponent = std::stoi(rounded.substr(rounded.find('e') + 1));
  if (exponent < -4 || exponent > 14) {
    return fmt::format("{}e{}", rounded.substr(0, rounded.find('e')), exponent);
  }
  std::string text = fmt::format("{:.{}f}", std::stod(rounded), std::max(0, digits - 1 - exponent));
  const size_t point = std::min(text.find('.'), text.size());
  const size_t first = text[0] == '-' ? 1 : 0;
  if (point - first < 5) return text;
  for (size_t at = point; at > first + 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

std::string with_interval(double value, double low, double high) {
  const double width = std::abs(high - low);
  const double scale = std::max({std::abs(value), std::abs(low), std::abs(high)});
  if (!std::isfinite(width) || width <= 1e-6 * scale) return significant(value);
  if (scale < 1e-4 || scale >= 1e5)
    return fmt::format("{} [{}, {}]", significant(value), significant(low), significant(high));
  const auto decade = [](double x) { return static_cast<int>(std::floor(std::log10(x))); };
  const int decimals = std::clamp(1 - decade(width), 0, std::max(0, 5 - decade(scale)));
  return fmt::format("{:.{}f} [{:.{}f}, {:.{}f}]", value, decimals, low, decimals, high, decimals);
}

}  // namespace asterism::report
