#pragma once
// Which side of the split an object of an output is on, as text: who compares predictions with the truth must know what
// a model may have learned from.

#include <arrow/type_fwd.h>

#include <memory>
#include <vector>

#include "modalities/block.h"

namespace asterism::infer {

inline constexpr const char* kSideColumn = "side";

std::shared_ptr<arrow::Field> side_field();

// "train", "validation" or "test" (of fold 0) of each row: by data::kSplitColumn where the rows have it, else by id; as
// data::split_numbers reads them.
std::shared_ptr<arrow::Array> side_column(const arrow::Table& rows, const std::vector<modalities::ObjectKey>& objects);

}  // namespace asterism::infer
