#pragma once
// The tokens of a model as a column: as many vectors an object as it has tokens, and of which modality each is.
// Letters: N objects, R tokens of all objects, D width.

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>

#include "models/model.h"

namespace asterism::infer {

// A struct of two lists of one length: `modality`, the name of what each token is of ("" for register tokens, which are
// of none), and `vector`, fixed-size-list<float>[D] each.
std::shared_ptr<arrow::DataType> token_vectors_type(int64_t width);
// With a description and, on `vector`, one of its own; no modality that a loader would read.
std::shared_ptr<arrow::Field> token_vectors_field(const std::string& name, int64_t width,
                                                  const std::string& description);

// Of such a type, [N]; null where an object has no tokens. normalise: each token to unit length.
std::shared_ptr<arrow::Array> token_vectors_column(const models::Model::TokenRows& tokens, bool normalise);

}  // namespace asterism::infer
