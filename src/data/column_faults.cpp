#include "data/column_faults.h"

#include <arrow/api.h>
#include <fmt/format.h>

#include <algorithm>

#include "data/arrow_lists.h"

namespace asterism::data {
namespace {

bool is_list(const arrow::DataType& type) {
  return type.id() == arrow::Type::LIST || type.id() == arrow::Type::LARGE_LIST ||
         type.id() == arrow::Type::FIXED_SIZE_LIST;
}

bool is_number(const arrow::DataType& type) {
  return arrow::is_integer(type.id()) || type.id() == arrow::Type::FLOAT || type.id() == arrow::Type::DOUBLE;
}

// The numbers of lists of whatever depth, and where those of each row begin and end.
struct Leaves {
  std::shared_ptr<arrow::Array> values;
  std::vector<int64_t> begin, end;
};

Leaves leaves_of(const arrow::Array& column, const std::string& name) {
  Leaves out{arrow::MakeArray(column.data()), {}, {}};
  for (int64_t row = 0; row < column.length(); ++row) {
    out.begin.push_back(row);
    out.end.push_back(row + 1);
  }
  while (is_list(*out.values->type())) {
    const ListRanges lists = list_ranges(*out.values, name);
    for (size_t row = 0; row < out.begin.size(); ++row) {
      auto &begin = out.begin[row], &end = out.end[row];
      if (begin == end) continue;
      const size_t first = size_t(begin), last = size_t(end) - 1;
      begin = lists.first[first];
      end = std::max(begin, lists.first[last] + lists.length[last]);
    }
    out.values = lists.values;
  }
  return out;
}

}  // namespace

void ColumnFaults::look(const arrow::Array& column, const std::string& name, Fault fault, int64_t first_row) {
  const Leaves leaves = leaves_of(column, name);
  if (!is_number(*leaves.values->type())) return;
  std::vector<double> values;
  std::vector<uint8_t> bad;
  for (size_t row = 0; row < leaves.begin.size(); ++row) {
    const int64_t begin = leaves.begin[row], n = leaves.end[row] - begin;
    if (column.IsNull(int64_t(row)) || n == 0) continue;
    values.assign(size_t(n), 0);
    bad.assign(size_t(n), 0);
    read_doubles(*leaves.values, begin, n, values.data(), bad.data(), name);
    int64_t here = 0;
    double first = 0;
    for (int64_t i = 0; i < n; ++i) {
      const double value = values[size_t(i)];
      const bool given = bad[size_t(i)] == 0;
      const bool wrong = fault == Fault::nan        ? !given && !leaves.values->IsNull(begin + i)
                         : fault == Fault::negative ? given && value < 0
                                                    : given && value <= 0;
      if (wrong && here++ == 0) first = value;
    }
    if (here == 0) continue;
    auto [it, fresh] = found_.try_emplace({name, fault});
    if (fresh) it->second.first_row = first_row + int64_t(row), it->second.first = first;
    it->second.values += here;
    ++it->second.rows;
  }
}

// Fields of a struct, as images, spectra, cubes, maps and light curves have them.
void ColumnFaults::look_inside(const arrow::Array& column, const std::string& name, int64_t first_row) {
  if (column.type_id() != arrow::Type::STRUCT) return;
  const auto& fields = static_cast<const arrow::StructArray&>(column);
  for (const auto& field : column.type()->fields()) {
    const bool variance = field->name() == "ivar" || field->name().find("err") != std::string::npos;
    if (!variance && field->name() != "scale") continue;
    look(*fields.GetFieldByName(field->name()), name + "." + field->name(),
         variance ? Fault::negative : Fault::not_positive, first_row);
  }
}

void ColumnFaults::add(const arrow::Table& table, int64_t first_row) {
  const auto with = [&](const std::string& name, auto&& function) {
    const auto column = name.empty() ? nullptr : table.GetColumnByName(name);
    if (column) function(*one_chunk(*column, name));
  };
  for (const auto& name : {layout_.ra_column, layout_.dec_column})
    with(name, [&](const arrow::Array& column) { look(column, name, Fault::nan, first_row); });
  for (const auto& c : layout_.modalities) {
    if (c.kind == "scalar" && c.error != ErrorKind::kNone)
      with(c.extra_column,
           [&](const arrow::Array& column) { look(column, c.extra_column, Fault::negative, first_row); });
    if (c.kind != "scalar")
      with(c.column, [&](const arrow::Array& column) { look_inside(column, c.column, first_row); });
  }
}

std::vector<std::string> ColumnFaults::lines() const {
  std::vector<std::string> out;
  for (const auto& [key, found] : found_) {
    const auto& [name, fault] = key;
    if (fault == Fault::nan)
      out.push_back(fmt::format("column {}: NaN in {} rows, the first is row {}", name, found.rows, found.first_row));
    else
      out.push_back(fmt::format("column {}: {} values {} in {} rows, the first {} in row {}", name, found.values,
                                fault == Fault::negative ? "below 0" : "not above 0", found.rows, found.first,
                                found.first_row));
  }
  return out;
}

}  // namespace asterism::data
