#include "nn/embedding.h"

#include "base/error.h"

namespace asterism::nn {

Embedding::Embedding(const Scope& scope, int64_t rows, int64_t width, double deviation)
    : weight(scope.parameter("weight", {rows, width}, Init::normal(deviation))) {}

DigitEmbedding::DigitEmbedding(const Scope& scope, const std::vector<int64_t>& levels, int64_t width,
                               double deviation) {
  for (size_t i = 0; i < levels.size(); ++i) tables.emplace_back(scope / int64_t(i), levels[i], width, deviation);
}

at::Tensor DigitEmbedding::operator()(const at::Tensor& digits) const {
  ASTERISM_CHECK(!tables.empty() && digits.size(-1) == int64_t(tables.size()), "{} digits for {} tables",
                 digits.size(-1), tables.size());
  auto sum = tables[0](digits.select(-1, 0));
  for (size_t i = 1; i < tables.size(); ++i) sum = sum + tables[i](digits.select(-1, int64_t(i)));
  return sum;
}

}  // namespace asterism::nn
