#include "data/surveys/text_table.h"

#include <arrow/api.h>

#include <charconv>
#include <cmath>

#include "base/error.h"
#include "data/arrow_lists.h"
#include "io/csv.h"

namespace asterism::data {

TextTable::TextTable(const std::filesystem::path& path, const std::vector<std::string>& needed) : file_(path.string()) {
  const auto table = io::read_csv(path, {.all_text = true, .nulls = {""}});
  rows_ = table->num_rows();
  const auto names = table->schema()->field_names();
  for (const auto& name : needed) {
    const auto column = table->GetColumnByName(name);
    if (!column)
      base::data_error("{}: there is no column '{}'; the nearest is '{}'", file_, name, base::nearest(name, names));
    columns_.emplace(name, one_chunk(*column, file_ + ", column " + name));
  }
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
    base::data_error("{}, line {}, column {}: '{}' is no number; leave the cell empty where the value is missing",
                     file_, line(row), column, word.substr(0, 40));
  return value;
}

double TextTable::need_number(int64_t row, const std::string& column) const {
  const auto value = number(row, column);
  if (!value) base::data_error("{}, line {}, column {}: empty; a number is needed", file_, line(row), column);
  return *value;
}

}  // namespace asterism::data
