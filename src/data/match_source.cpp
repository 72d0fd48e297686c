#include "data/match_source.h"

#include <arrow/api.h>

#include <algorithm>

#include "base/error.h"
#include "data/arrow_lists.h"
#include "io/arrow_status.h"

namespace asterism::data {
namespace {

// Python's way to print bytes, left in ids of some published files.
std::string_view without_bytes_mark(std::string_view id) {
  const bool marked = id.size() >= 3 && id[0] == 'b' && (id[1] == '\'' || id[1] == '"') && id.back() == id[1];
  return marked ? id.substr(2, id.size() - 3) : id;
}

std::string first_of(const std::vector<std::string>& names, std::initializer_list<const char*> wanted) {
  for (const char* name : wanted) {
    if (std::find(names.begin(), names.end(), name) != names.end()) return name;
  }
  return "";
}

}  // namespace

std::shared_ptr<arrow::DataType> id_type(const std::shared_ptr<arrow::DataType>& column) {
  if (arrow::is_integer(column->id())) return column;
  return arrow::utf8();
}

std::shared_ptr<arrow::Array> ids_of(const std::shared_ptr<arrow::Array>& column, const std::string& where) {
  if (arrow::is_integer(column->type_id())) return column;
  if (column->type_id() == arrow::Type::STRING) {
    const auto& texts = static_cast<const arrow::StringArray&>(*column);
    bool clean = true;
    for (int64_t i = 0; i < texts.length() && clean; ++i)
      clean = texts.IsNull(i) || without_bytes_mark(texts.GetView(i)).size() == texts.GetView(i).size();
    if (clean) return column;
  }
  arrow::StringBuilder builder;
  for (int64_t i = 0; i < column->length(); ++i) {
    if (column->IsNull(i)) {
      io::check_arrow(builder.AppendNull(), where);
    } else {
      io::check_arrow(builder.Append(without_bytes_mark(read_text(*column, i, where))), where);
    }
  }
  return io::need_arrow(builder.Finish(), where);
}

std::shared_ptr<arrow::Array> row_numbers(int64_t first, int64_t rows) {
  arrow::StringBuilder builder;
  for (int64_t i = 0; i < rows; ++i)
    io::check_arrow(builder.Append("row-" + std::to_string(first + i)), "numbers of rows");
  return io::need_arrow(builder.Finish(), "numbers of rows");
}

MotionColumns motion_columns(const std::vector<std::string>& names) {
  return {.pmra = first_of(names, {"pmra", "pm_ra", "PMRA", "pmRA"}),
          .pmdec = first_of(names, {"pmdec", "pm_dec", "PMDEC", "pmDEC", "pmde"}),
          .epoch = first_of(names, {"ref_epoch", "epoch", "EPOCH", "REF_EPOCH"})};
}

}  // namespace asterism::data
