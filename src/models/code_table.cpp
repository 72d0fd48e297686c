#include "models/code_table.h"

#include <cmath>

#include "models/code_head.h"
#include "models/ordered_codes.h"
#include "nn/quantise.h"
#include "tokenizers/aion/scalar.h"
#include "tokenizers/scalar_bins.h"

namespace asterism::models {
namespace {

constexpr double kDeviation = 0.5;

// The sum over digits, each with as much to say as the others: [product of levels, width].
at::Tensor ordered_digits(const std::vector<int64_t>& levels, int64_t width, uint64_t seed, const std::string& name) {
  const nn::Fsq code(levels);
  const auto digits_VL = code.digits(at::arange(code.vocabulary(), at::kLong));
  const double each = kDeviation / std::sqrt(double(levels.size()));
  auto sum = at::zeros({code.vocabulary(), width});
  for (size_t d = 0; d < levels.size(); ++d)
    sum += ordered_codes(levels[d], width, each, seed, (name + "#" + std::to_string(d)).c_str())
               .index_select(0, digits_VL.select(1, int64_t(d)));
  return sum;
}

}  // namespace

nn::Embedding code_table(const nn::Scope& scope, const tokenizers::Tokenizer& codec, const Grid& grid, int64_t width) {
  nn::Embedding out(scope, codec.vocabulary(), width, kDeviation);
  if (scope.given()) return out;
  const auto name = scope.name("weight");
  const auto levels = code_book(codec, grid.special).levels;
  at::Tensor ordered;
  if (!levels.empty())
    ordered = ordered_digits(levels, width, scope.seed(), name);
  else if (dynamic_cast<const tokenizers::ScalarBins*>(&codec) ||
           dynamic_cast<const tokenizers::aion::AionScalar*>(&codec))
    ordered = ordered_codes(codec.vocabulary(), width, kDeviation, scope.seed(), name.c_str());
  else
    return out;
  const at::NoGradGuard no_grad;
  out.weight.narrow(0, 0, ordered.size(0)).copy_(ordered);  // codes beyond the product of levels stay as drawn
  return out;
}

}  // namespace asterism::models
