#include "data/surveys/text_table.h"

#include <arrow/api.h>

#include <charconv>
#include <cmath>

#include "base/error.h"
#include "data/arrow_lists.h"
#include "io/csv.h"
#include "io/csv_dialect.h"
#include "io/ecsv.h"
#include "io/file_bytes.h"

namespace asterism::data {

TextTable::TextTable(const std::filesystem::path& path, const std::vector<std::string>& needed,
                     const std::vector<std::string>& wanted)
    : TextTable(path, needed, wanted, false) {}

TextTable TextTable::whole(const std::filesystem::path& path, const std::vector<std::string>& needed) {
  return {path, needed, {}, true};
}

TextTable::TextTable(const std::filesystem::path& path, const std::vector<std::string>& needed,
                     const std::vector<std::string>& wanted, bool whole)
    : file_(path.string()) {
  const std::string text = io::read_text(path);
  const bool ecsv = io::is_ecsv(text);
  const auto table = ecsv ? io::parse_ecsv(text, file_) : io::parse_csv(text, file_, {.all_text = true, .nulls = {""}});
  rows_ = table->num_rows();
  if (ecsv) first_line_ = 2 + io::ecsv_header_lines(text);
  names_ = table->schema()->field_names();
  const auto keep = [&](const std::string& name, bool need) {
    const auto column = table->GetColumnByName(name);
    if (!column && need)
      base::data_error("{}: there is no column '{}'; the nearest is '{}'", file_, name, base::nearest(name, names_));
    if (column) columns_.emplace(name, one_chunk(*column, file_ + ", column " + name));
  };
  for (const auto& name : needed) keep(name, true);
  for (const auto& name : whole ? names_ : wanted) keep(name, false);
}

std::string TextTable::text(int64_t row, const std::string& column) const {
  return read_text(*columns_.at(column), row, file_);
}

std::optional<double> TextTable::number(int64_t row, const std::string& column) const {
  const std::string cell = text(row, column);
  const size_t first = cell.find_first_not_of(" \t"), last = cell.find_last_not_of(" \t");
  if (first == std::string::npos) return std::nullopt;
  const std::string word = cell.substr(first, last - first + 1);
  double value = 0;
  const auto result = std::from_chars(word.data(), word.data() + word.size(), value);
  if (result.ec != std::errc() || result.ptr != word.data() + word.size() || !std::isfinite(value))
    base::data_error("{}, line {}, column {}: '{}' is no number{}; leave the cell empty where the value is missing",
                     file_, line(row), column, word.substr(0, 40), io::decimal_comma(word));
  return value;
}

double TextTable::need_number(int64_t row, const std::string& column) const {
  const auto value = number(row, column);
  if (!value) base::data_error("{}, line {}, column {}: empty; a number is needed", file_, line(row), column);
  return *value;
}

}  // namespace asterism::data
