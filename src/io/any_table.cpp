#include "io/any_table.h"

#include <algorithm>
#include <array>
#include <fstream>

#include "base/error.h"
#include "io/arrow_status.h"
#include "io/csv.h"
#include "io/ecsv.h"
#include "io/file_bytes.h"
#include "io/fits.h"
#include "io/open_file.h"
#include "io/parquet.h"
#include "io/votable.h"

namespace asterism::io {
namespace {

namespace fs = std::filesystem;

constexpr size_t kHead = 1 << 20;  // of a gzip file, to see what is in it

std::string head_of(const fs::path& path) {
  const OpenFile file(path);  // refuses folders, pipes and devices
  std::ifstream in(path, std::ios::binary);
  std::string head(std::min<uint64_t>(file.size(), kHead), '\0');
  in.read(head.data(), std::streamsize(head.size()));
  head.resize(size_t(std::max<std::streamsize>(0, in.gcount())));
  return head;
}

template <class Builder, class T>
std::shared_ptr<arrow::Array> array_of(const FitsValues<T>& values, const std::string& where) {
  Builder builder;
  check_arrow(builder.AppendValues(values.values.data(), int64_t(values.values.size()), values.valid.data()), where);
  return need_arrow(builder.Finish(), where);
}

// A column as Arrow values, one after the other; nullptr for what is left out (complex numbers).
std::shared_ptr<arrow::Array> fits_values(const FitsHdu& hdu, const FitsColumn& column, const std::string& where) {
  switch (column.type) {
    case FitsType::kComplexFloat:
    case FitsType::kComplexDouble:
      return nullptr;
    case FitsType::kText: {
      arrow::StringBuilder builder;
      for (const auto& text : hdu.text_column(column.name))
        check_arrow(text.empty() ? builder.AppendNull() : builder.Append(text), where);
      return need_arrow(builder.Finish(), where);
    }
    case FitsType::kFloat:
    case FitsType::kDouble:
      return array_of<arrow::DoubleBuilder>(hdu.column<double>(column.name), where);
    case FitsType::kUint64:
      return array_of<arrow::DoubleBuilder>(hdu.column<double>(column.name), where);
    default:
      return array_of<arrow::Int64Builder>(hdu.column<int64_t>(column.name), where);
  }
}

std::shared_ptr<arrow::Array> fits_lists(const FitsHdu& hdu, const FitsColumn& column, const std::string& where) {
  const auto lists = hdu.list_column<double>(column.name);
  arrow::DoubleBuilder values;
  check_arrow(values.AppendValues(lists.values.data(), int64_t(lists.values.size()), lists.valid.data()), where);
  std::vector<int32_t> offsets;
  for (const int64_t offset : lists.offsets) {
    if (offset > INT32_MAX) base::data_error("{}: more than 2^31 values in one column", where);
    offsets.push_back(int32_t(offset));
  }
  arrow::Int32Builder offset_builder;
  check_arrow(offset_builder.AppendValues(offsets), where);
  return need_arrow(
      arrow::ListArray::FromArrays(*need_arrow(offset_builder.Finish(), where), *need_arrow(values.Finish(), where)),
      where);
}

std::shared_ptr<arrow::Table> fits_table(const fs::path& path) {
  const auto file = FitsFile::open(path);
  for (int i = 0; i < file.num_hdus(); ++i) {
    const auto hdu = file.hdu(i);
    if (hdu.kind() != FitsKind::kTable) continue;
    arrow::FieldVector fields;
    arrow::ArrayVector arrays;
    for (const auto& column : hdu.columns()) {
      const std::string where = fmt::format("{}, HDU {}, column {}", path.string(), i, column.name);
      if (column.per_row == 0 && !column.variable_length) continue;
      if (column.variable_length && (column.type == FitsType::kText || column.type == FitsType::kComplexFloat ||
                                     column.type == FitsType::kComplexDouble))
        continue;
      auto array = column.variable_length ? fits_lists(hdu, column, where) : fits_values(hdu, column, where);
      if (!array) continue;
      if (!column.variable_length && array->length() != hdu.num_rows()) {
        if (hdu.num_rows() == 0 || array->length() % hdu.num_rows() != 0) continue;
        array =
            need_arrow(arrow::FixedSizeListArray::FromArrays(array, int32_t(array->length() / hdu.num_rows())), where);
      }
      std::vector<std::string> keys, words;
      if (!column.unit.empty()) {
        keys.emplace_back("unit");
        words.push_back(column.unit);
      }
      fields.push_back(arrow::field(column.name, array->type(), true, arrow::key_value_metadata(keys, words)));
      arrays.push_back(array);
    }
    if (arrays.empty()) base::data_error("{}, HDU {}: no column that can be read", path.string(), i);
    return arrow::Table::Make(arrow::schema(fields), arrays, hdu.num_rows());
  }
  base::data_error("{}: no table in any HDU", path.string());
}

std::shared_ptr<arrow::Table> with_first_line(const std::shared_ptr<arrow::Table>& table, int64_t line) {
  if (line == 0) return table;
  return table->ReplaceSchemaMetadata(arrow::key_value_metadata({kFirstLine}, {std::to_string(line)}));
}

}  // namespace

std::string table_format(const fs::path& path) {
  std::string head = head_of(path);
  if (is_gzip(std::as_bytes(std::span(head.data(), head.size())))) {
    if (path.string().ends_with(".fits.gz") || path.string().ends_with(".fit.gz")) return "fits";
    head = read_text(path).substr(0, kHead);
  }
  if (head.starts_with("PAR1")) return "parquet";
  if (head.starts_with("SIMPLE  =")) return "fits";
  if (is_ecsv(head)) return "ecsv";
  if (is_votable(head)) return "votable";
  return "csv";
}

std::shared_ptr<arrow::Table> read_any_table(const fs::path& path) {
  const std::string format = table_format(path);
  if (format == "parquet") return read_parquet(path);
  if (format == "fits") return fits_table(path);
  if (format == "votable") return read_votable(path);
  CsvOptions options{.all_text = true, .nulls = {""}};
  const std::string all = read_text(path, options.limit), source = "'" + path.string() + "'";
  std::string_view text = all;
  if (format == "ecsv") {
    const auto table = parse_ecsv(text, path.string());
    options.lines_before = ecsv_header_lines(text);
    for (int64_t line = 0; line < options.lines_before; ++line) text.remove_prefix(text.find('\n') + 1);
    return with_first_line(table, first_row_line(text, table->num_rows(), options));
  }
  take_dialect(text, source, options);
  const auto table = parse_csv(text, source, options);
  return with_first_line(table, first_row_line(text, table->num_rows(), options));
}

}  // namespace asterism::io
