#include "models/code_table.h"

#include "models/code_head.h"
#include "models/ordered_codes.h"
#include "tokenizers/aion/scalar.h"
#include "tokenizers/scalar_bins.h"

namespace asterism::models {
namespace {

constexpr double kDeviation = 0.5;

}  // namespace

nn::Embedding code_table(const nn::Scope& scope, const tokenizers::Tokenizer& codec, const Grid& grid, int64_t width) {
  nn::Embedding out(scope, codec.vocabulary(), width, kDeviation);
  if (scope.given()) return out;
  const auto name = scope.name("weight");
  const auto levels = code_book(codec, grid.special).levels;
  at::Tensor ordered;
  if (!levels.empty())
    ordered = ordered_digits(levels, width, kDeviation, scope.seed(), name);
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
