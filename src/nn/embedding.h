#pragma once
// Rows of a table by integer id.

#include "nn/scope.h"

namespace asterism::nn {

struct Embedding {
  Embedding() = default;
  // Makes "weight" [rows, width], normal with the given deviation.
  Embedding(const Scope& scope, int64_t rows, int64_t width, double deviation = 0.02);
  at::Tensor operator()(const at::Tensor& ids) const {
    return at::embedding(weight, ids);
  }  // int64 [...] -> [..., width]
  at::Tensor weight;
};

// An id written as digits (FSQ levels): the sum of one small table per digit, instead of one row per id. Makes
// "0.weight" [L_0, width], "1.weight" ...
struct DigitEmbedding {
  DigitEmbedding() = default;
  DigitEmbedding(const Scope& scope, const std::vector<int64_t>& levels, int64_t width, double deviation = 0.02);
  at::Tensor operator()(const at::Tensor& digits) const;  // int64 [..., number of levels] -> [..., width]
  std::vector<Embedding> tables;
};

}  // namespace asterism::nn
