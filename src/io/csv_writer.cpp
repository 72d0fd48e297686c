// write_csv.

#include <cmath>

#include "base/atomic_file.h"
#include "base/error.h"
#include "io/csv.h"

namespace asterism::io {
namespace {

std::string quoted_where_needed(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos && !text.empty()) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

template <class ArrayType>
std::string number_text(const arrow::Array& array, int64_t row) {
  const auto value = static_cast<const ArrayType&>(array).Value(row);
  return fmt::format("{}", value);
}

std::string cell_text(const arrow::Array& array, int64_t row, const std::string& where) {
  if (array.IsNull(row)) return "";
  switch (array.type_id()) {
    case arrow::Type::BOOL:
      return static_cast<const arrow::BooleanArray&>(array).Value(row) ? "true" : "false";
    case arrow::Type::INT8:
      return number_text<arrow::Int8Array>(array, row);
    case arrow::Type::INT16:
      return number_text<arrow::Int16Array>(array, row);
    case arrow::Type::INT32:
      return number_text<arrow::Int32Array>(array, row);
    case arrow::Type::INT64:
      return number_text<arrow::Int64Array>(array, row);
    case arrow::Type::UINT8:
      return number_text<arrow::UInt8Array>(array, row);
    case arrow::Type::UINT16:
      return number_text<arrow::UInt16Array>(array, row);
    case arrow::Type::UINT32:
      return number_text<arrow::UInt32Array>(array, row);
    case arrow::Type::UINT64:
      return number_text<arrow::UInt64Array>(array, row);
    case arrow::Type::FLOAT:
      return number_text<arrow::FloatArray>(array, row);
    case arrow::Type::DOUBLE:
      return number_text<arrow::DoubleArray>(array, row);
    case arrow::Type::STRING:
      return quoted_where_needed(static_cast<const arrow::StringArray&>(array).GetView(row));
    case arrow::Type::LARGE_STRING:  // what pandas and polars write of texts
      return quoted_where_needed(static_cast<const arrow::LargeStringArray&>(array).GetView(row));
    case arrow::Type::DICTIONARY: {
      const auto& words = static_cast<const arrow::DictionaryArray&>(array);
      return cell_text(*words.dictionary(), words.GetValueIndex(row), where);
    }
    default:
      base::user_error("{}: a column of type {} cannot be written as CSV; leave it out or write Parquet", where,
                       array.type()->ToString());
  }
}

}  // namespace

void write_csv(const std::filesystem::path& path, const arrow::Table& table) {
  base::AtomicFile file(path);
  std::string text;
  for (int i = 0; i < table.num_columns(); ++i) {
    text += (i > 0 ? "," : "") + quoted_where_needed(table.field(i)->name());
  }
  text += '\n';
  arrow::TableBatchReader batches(table);
  std::shared_ptr<arrow::RecordBatch> batch;
  while (batches.ReadNext(&batch).ok() && batch != nullptr) {
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      for (int i = 0; i < batch->num_columns(); ++i) {
        if (i > 0) text += ',';
        text +=
            cell_text(*batch->column(i), row, fmt::format("'{}', column '{}'", path.string(), table.field(i)->name()));
      }
      text += '\n';
    }
    file.write(text);
    text.clear();
  }
  file.write(text);
  file.commit();
}

}  // namespace asterism::io
