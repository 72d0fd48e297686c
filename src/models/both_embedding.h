#pragma once
// What was measured and its codes, in one row: the values' embedding of a patch plus the mean of the embedded codes of
// all tokens that see a part of it. Budgets are drawn over patches, as for values alone; a patch that is given touches
// no token that is asked for (budget.h), so its codes tell nothing of those beyond what the tokenizer's encoder mixes.
// Letters: N objects, P positions, T tokens, R rows drawn, D width.

#include <memory>

#include "models/input_embedding.h"
#include "nn/embedding.h"
#include "tokenizers/tokenizer.h"

namespace asterism::models {

class BothEmbedding : public InputEmbedding {
 public:
  // Keys of `values` as they are, and "codes.weight" [V, D].
  BothEmbedding(const nn::Scope& scope, std::unique_ptr<InputEmbedding> values,
                std::shared_ptr<const tokenizers::Tokenizer> codec, Grid tokens, int64_t width);
  View view(const modalities::Block& block) const override;  // that of the values; the block is encoded too
  at::Tensor embed(const View& view, const at::Tensor& object_R, const at::Tensor& position_R) const override;

 private:
  std::unique_ptr<InputEmbedding> values_;
  std::shared_ptr<const tokenizers::Tokenizer> codec_;
  Grid tokens_;
  Places token_places_;
  nn::Embedding codes_;
};

}  // namespace asterism::models
