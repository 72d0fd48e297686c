#pragma once
// Codes going in: a row of a table per code, a place, a modality. The mode that published models need; our own embed
// values. Letters: R rows drawn, D width.

#include <memory>

#include "models/input_embedding.h"
#include "nn/embedding.h"
#include "tokenizers/tokenizer.h"

namespace asterism::models {

class TokenEmbedding : public InputEmbedding {
 public:
  TokenEmbedding(const nn::Scope& scope, std::shared_ptr<const tokenizers::Tokenizer> codec, Grid grid, int64_t width);
  View view(const modalities::Block& block) const override;  // encodes the block
  at::Tensor embed(const View& view, const at::Tensor& object_R, const at::Tensor& position_R) const override;

 private:
  std::shared_ptr<const tokenizers::Tokenizer> codec_;
  Grid grid_;
  Places places_;
  nn::Embedding codes_;
  at::Tensor positions_PD_, modality_D_;
};

// The grid of a codec's tokens, after its token of brightness (images) or level (spectra) if it has one: none where
// each speaks of the whole; else a square for images; a row for spectra; one position for scalars.
Grid token_grid(const tokenizers::Tokenizer& codec, const std::string& modality_kind);

// What those tokens look at; empty for codecs whose field is not known.
Places token_places(const tokenizers::Tokenizer& codec, const Grid& grid);

}  // namespace asterism::models
