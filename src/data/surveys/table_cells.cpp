#include "data/surveys/table_cells.h"

#include <arrow/api.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/error.h"
#include "data/arrow_lists.h"
#include "data/surveys/number_list.h"
#include "io/any_table.h"
#include "io/csv_dialect.h"

namespace asterism::data {
namespace {

bool is_text(const arrow::Array& array) {
  switch (array.type_id()) {
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
      return true;
    case arrow::Type::DICTIONARY:
      return is_text(*static_cast<const arrow::DictionaryArray&>(array).dictionary());
    default:
      return false;
  }
}

std::string trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t\r\n"), last = text.find_last_not_of(" \t\r\n");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

// "12.0" and "5.85e+18": what programs write of integers that they hold as floating numbers. Names such as 3655.55240
// and 12e5 are names.
bool written_of_a_float(const std::string& text) {
  const auto after = [&](const char* accepted, size_t from) {
    return std::min(text.find_first_not_of(accepted, from), text.size());
  };
  const char* digits = "0123456789";
  const size_t begin = after("-", 0), whole = after(digits, begin);
  if (whole == begin || whole == text.size()) return false;
  if (text[whole] == '.' && after("0", whole + 1) == text.size()) return true;
  const size_t mantissa = text[whole] == '.' ? after(digits, whole + 1) : whole;
  return mantissa + 2 < text.size() && (text[mantissa] == 'e' || text[mantissa] == 'E') && text[mantissa + 1] == '+' &&
         after(digits, mantissa + 2) == text.size();
}

bool says_missing(const std::string& text) {
  for (const char* word : {"", "nan", "NaN", "NAN", "null", "NULL", "None", "NA", "N/A", "--"}) {
    if (text == word) return true;
  }
  return false;
}

}  // namespace

TableCells::TableCells(std::shared_ptr<arrow::Table> table, std::string file)
    : table_(std::move(table)), file_(std::move(file)) {
  const auto words = table_->schema()->metadata();
  const int at = words == nullptr ? -1 : words->FindKey(io::kFirstLine);
  const std::string told = at >= 0 ? words->value(at) : "";  // of a foreign file it may be anything
  int64_t line = 0;
  std::from_chars(told.data(), told.data() + told.size(), line);
  lines_ = line > 0 && line < (int64_t{1} << 40);
  if (lines_) first_ = line;
}

int64_t TableCells::num_rows() const { return table_->num_rows(); }

void TableCells::need(const std::string& column) const {
  const auto names = table_->schema()->field_names();
  if (std::find(names.begin(), names.end(), column) == names.end())
    base::user_error("{} has no column '{}'; the nearest is '{}'", file_, column, base::nearest(column, names));
}

std::string TableCells::word(const std::string& column, const std::string& key) const {
  const auto field = table_->schema()->GetFieldByName(column);
  if (!field || !field->metadata()) return "";
  const int at = field->metadata()->FindKey(key);
  return at < 0 ? "" : field->metadata()->value(at);
}

std::string TableCells::where(int64_t row, const std::string& column) const {
  return lines_ ? fmt::format("{}, line {}, column {}", file_, number_of(row), column)
                : fmt::format("{}, row {} (the first is 1), column {}", file_, number_of(row), column);
}

const arrow::Array& TableCells::array(const std::string& column) const {
  auto& kept = arrays_[column];
  if (!kept) {
    need(column);
    kept = one_chunk(*table_->GetColumnByName(column), file_ + ", column " + column);
  }
  return *kept;
}

std::string TableCells::text(int64_t row, const std::string& column) const {
  return trimmed(read_text(array(column), row, where(row, column)));
}

std::string TableCells::id(int64_t row, const std::string& column) const {
  const auto& values = array(column);
  const auto lost = [&](const std::string& what) {
    base::data_error("{}: {} as an id has lost digits; give a column of integers or text", where(row, column), what);
  };
  if (arrow::is_floating(values.type_id())) lost("a floating number");
  if (arrow::is_integer(values.type_id()) && !values.IsNull(row)) return (*values.GetScalar(row))->ToString();
  std::string out = text(row, column);
  if (written_of_a_float(out)) lost("the floating number '" + out + "'");
  if (out.size() >= 3 && out[0] == 'b' && (out[1] == '\'' || out[1] == '"') && out.back() == out[1])
    out = trimmed(out.substr(2, out.size() - 3));  // made by str(bytes)
  return out;
}

std::optional<double> TableCells::number(int64_t row, const std::string& column) const {
  const auto& values = array(column);
  if (values.IsNull(row)) return std::nullopt;
  if (!is_text(values)) {
    double value = 0;
    uint8_t bad = 0;
    read_doubles(values, row, 1, &value, &bad, where(row, column));
    return bad != 0 ? std::nullopt : std::optional(value);
  }
  std::string word = text(row, column);
  if (says_missing(word)) return std::nullopt;
  if (word == "True" || word == "true") return 1;
  if (word == "False" || word == "false") return 0;
  if (word.starts_with("+")) word.erase(0, 1);
  double value = 0;
  const auto result = std::from_chars(word.data(), word.data() + word.size(), value);
  if (result.ec != std::errc() || result.ptr != word.data() + word.size() || !std::isfinite(value))
    base::data_error("{}: '{}' is no number{}", where(row, column), word.substr(0, 40), io::decimal_comma(word));
  return value;
}

std::vector<double> TableCells::list(int64_t row, const std::string& column) const {
  const auto& values = array(column);
  if (values.IsNull(row)) return {};
  if (is_text(values)) return parse_number_list(text(row, column), where(row, column));
  const auto range = list_ranges(*values.Slice(row, 1), where(row, column));
  std::vector<double> out(size_t(range.length[0]), 0.0);
  std::vector<uint8_t> bad(out.size(), 0);
  read_doubles(*range.values, range.first[0], range.length[0], out.data(), bad.data(), where(row, column));
  for (size_t i = 0; i < out.size(); ++i) {
    if (bad[i] != 0) out[i] = NAN;
  }
  return out;
}

}  // namespace asterism::data
