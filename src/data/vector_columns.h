#pragma once
// Embeddings and tokens as Arrow lists of fixed size, and back. An absent row is a null.

#include <arrow/type_fwd.h>

#include <memory>
#include <string>

#include "data/layout.h"
#include "modalities/block.h"

namespace asterism::data {

// `type` is the column's type in schema_for(): float32 for real numbers, uint16 or uint32 for tokens. DataError when
// the block has another width than the dataset was begun with.
std::shared_ptr<arrow::Array> vector_array(const modalities::VectorBlock& block,
                                           const std::shared_ptr<arrow::DataType>& type);

// DataError naming the row for values that are null, not finite, or no tokens of the vocabulary.
modalities::VectorBlock read_vectors(const arrow::Array& column, const ModalityColumn& layout,
                                     const std::string& where);

}  // namespace asterism::data
