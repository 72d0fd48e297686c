#pragma once
// An image or spectrum as its patches, and as one token more that holds what anyone would measure of the whole: fluxes
// in circles, a binned spectrum (summary.h). Attention finds a colour as a small difference of large sums over many
// patches, each rounded by its own noise, and a short training does not. The token is the last of the special ones
// (Grid::summary): budgets never give it beside anything that is asked of the same observation. Unlike patches, it is
// made for the whole batch when that is looked at, drawn or not. Letters: R rows drawn, D width, H width of the
// summary.

#include <memory>

#include "models/input_embedding.h"
#include "models/summary.h"
#include "nn/linear.h"

namespace asterism::models {

class SummaryEmbedding : public InputEmbedding {
 public:
  // Keys of `patches` and of `summary` as they are, and "from_summary.weight" [D, H], ".bias".
  SummaryEmbedding(const nn::Scope& scope, std::unique_ptr<InputEmbedding> patches, std::unique_ptr<Summary> summary,
                   int64_t summary_width, int64_t width);
  void fit(const modalities::Block& sample) override;
  View view(const modalities::Block& block) const override;
  at::Tensor embed(const View& view, const at::Tensor& object_R, const at::Tensor& position_R) const override;

 private:
  std::unique_ptr<InputEmbedding> patches_;
  std::unique_ptr<Summary> summary_;
  nn::Linear from_summary_;
};

}  // namespace asterism::models
