#pragma once
// Tensors as Arrow columns.

#include <ATen/ATen.h>
#include <arrow/type_fwd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "modalities/block.h"

namespace asterism::infer {

// A column that data::Loader reads back as a VectorBlock (vocabulary 0: real numbers), or as a scalar.
std::shared_ptr<arrow::Field> vector_field(const std::string& name, const std::shared_ptr<arrow::DataType>& type,
                                           const std::string& description, int64_t vocabulary);
std::shared_ptr<arrow::Field> scalar_field(const std::string& name, const std::string& unit,
                                           const std::string& description);

// [N, D] as fixed-size lists of D; null where present_N (bool, undefined: all) is false. float32 of floats, and the
// smallest of uint16 and uint32 that holds `vocabulary` of int64.
std::shared_ptr<arrow::Array> list_column(const at::Tensor& values_ND, const at::Tensor& present_N);
std::shared_ptr<arrow::Array> token_column(const at::Tensor& ids_NT, const at::Tensor& present_N, int64_t vocabulary);
// [N] as float64; null where present_N is false or the value is not finite.
std::shared_ptr<arrow::Array> number_column(const at::Tensor& values_N, const at::Tensor& present_N);

std::shared_ptr<arrow::Array> text_column(const std::vector<std::string>& texts);

// DataError naming the first object whose row of a column of float32 or float64, of lists of them, or of the vectors of
// tokens (token_vectors.h) is there and not finite: a damaged model, or values beyond what it can bear. Columns of
// other types pass.
void check_finite(const std::string& name, const arrow::Array& column,
                  const std::vector<modalities::ObjectKey>& objects);

}  // namespace asterism::infer
