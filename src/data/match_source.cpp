#include "data/match_source.h"

#include <arrow/api.h>

#include <algorithm>

#include "base/error.h"
#include "data/arrow_lists.h"
#include "data/published_id.h"
#include "io/arrow_status.h"

namespace asterism::data {
namespace {

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
      clean = texts.IsNull(i) || cleaned_id(texts.GetView(i)).size() == texts.GetView(i).size();
    if (clean) return column;
  }
  arrow::StringBuilder builder;
  for (int64_t i = 0; i < column->length(); ++i) {
    if (column->IsNull(i)) {
      io::check_arrow(builder.AppendNull(), where);
    } else {
      io::check_arrow(builder.Append(cleaned_id(read_text(*column, i, where))), where);
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
