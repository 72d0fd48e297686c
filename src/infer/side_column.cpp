#include "infer/side_column.h"

#include <arrow/api.h>

#include <string>

#include "data/split.h"
#include "infer/columns.h"
#include "io/parquet.h"

namespace asterism::infer {

std::shared_ptr<arrow::Field> side_field() {
  return arrow::field(kSideColumn, arrow::utf8())
      ->WithMetadata(arrow::key_value_metadata(
          {{"description", "side of the split (fold 0): models trained by default learn from 'train'"}}));
}

std::shared_ptr<arrow::Array> side_column(const arrow::Table& rows, const std::vector<modalities::ObjectKey>& objects) {
  const auto given = rows.GetColumnByName(data::kSplitColumn);
  std::vector<std::string> out;
  for (size_t i = 0; i < objects.size(); ++i) {
    int number = data::split_number(objects[i].id);
    if (given != nullptr) {
      const auto scalar = io::need_arrow(given->GetScalar(int64_t(i)), data::kSplitColumn);
      if (scalar->is_valid) {
        const auto value = io::need_arrow(scalar->CastTo(arrow::int64()), data::kSplitColumn);
        number = int(static_cast<const arrow::Int64Scalar&>(*value).value);
      }
    }
    out.emplace_back(data::side_of(number));
  }
  return text_column(out);
}

}  // namespace asterism::infer
