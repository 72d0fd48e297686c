#include "models/code_table.h"

#include "models/ordered_codes.h"
#include "tokenizers/aion/scalar.h"
#include "tokenizers/scalar_bins.h"

namespace asterism::models {

nn::Embedding code_table(const nn::Scope& scope, const tokenizers::Tokenizer& codec, int64_t width) {
  constexpr double kDeviation = 0.5;
  nn::Embedding out(scope, codec.vocabulary(), width, kDeviation);
  const bool steps = dynamic_cast<const tokenizers::ScalarBins*>(&codec) != nullptr ||
                     dynamic_cast<const tokenizers::aion::AionScalar*>(&codec) != nullptr;
  if (!steps || scope.given() != nullptr) return out;
  const at::NoGradGuard no_grad;
  out.weight.copy_(ordered_codes(codec.vocabulary(), width, kDeviation, scope.seed(), scope.name("weight").c_str()));
  return out;
}

}  // namespace asterism::models
