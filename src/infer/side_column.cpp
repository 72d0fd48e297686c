#include "infer/side_column.h"

#include <arrow/api.h>

#include <string>

#include "data/arrow_lists.h"
#include "data/split.h"
#include "infer/columns.h"
#include "modalities/scalar.h"

namespace asterism::infer {

std::shared_ptr<arrow::Field> side_field() {
  return arrow::field(kSideColumn, arrow::utf8())
      ->WithMetadata(arrow::key_value_metadata(
          {{"description", "side of the split (fold 0): models trained by default learn from 'train'"}}));
}

namespace {

// The numbers that the rows hold: what is null or no number is left to the id, as where a model learns.
modalities::ScalarBlock split_block(const arrow::Table& rows) {
  const int64_t n = rows.num_rows();
  auto out = modalities::make_scalars(n, "", false);
  const auto column = rows.GetColumnByName(data::kSplitColumn);
  if (column == nullptr || n == 0) return out;
  std::vector<uint8_t> missing(size_t(n), 0);
  data::read_doubles(*data::one_chunk(*column, data::kSplitColumn), 0, n, out.value.data(), missing.data(),
                     data::kSplitColumn);
  for (size_t i = 0; i < size_t(n); ++i) out.present[i] = missing[i] == 0 ? 1 : 0;
  return out;
}

}  // namespace

std::shared_ptr<arrow::Array> side_column(const arrow::Table& rows, const std::vector<modalities::ObjectKey>& objects) {
  modalities::Batch batch;
  batch.objects = objects;
  batch.blocks.emplace(data::kSplitColumn, split_block(rows));
  std::vector<std::string> out;
  for (const auto number : data::split_numbers(batch)) out.emplace_back(data::side_of(number));
  return text_column(out);
}

}  // namespace asterism::infer
