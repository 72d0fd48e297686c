#pragma once
// Spectra on their own wavelength grids as patches of what was measured: asinh(flux / scale), the log of the noise in
// the same unit and a mask, plus Fourier features of the log wavelength of the patch (in float64: see DESIGN on bf16)
// and its pixel width; and, at position 0, one token with the scale itself (the median |flux|) and the signal-to-noise.
// Letters: N objects, P positions, R rows drawn, D width.

#include "models/input_embedding.h"
#include "nn/linear.h"

namespace asterism::models {

class ValueEmbeddingSpectrum : public InputEmbedding {
 public:
  ValueEmbeddingSpectrum(const nn::Scope& scope, std::string modality, int64_t patch, int64_t width);
  View view(const modalities::Block& block) const override;
  at::Tensor embed(const View& view, const at::Tensor& object_R, const at::Tensor& position_R) const override;
  // Spectra in other units than these are refused from now on, where there are any: their brightness goes in as it is.
  void expect(std::vector<std::string> units) { units_ = std::move(units); }
  // Where patches lie, and that they are of this modality: what is known of a patch that is not shown. [R] -> [R, D]
  at::Tensor place(const View& view, const at::Tensor& object_R, const at::Tensor& patch_R) const;

 private:
  at::Tensor embed_patches(const View& view, const at::Tensor& object_R, const at::Tensor& patch_R) const;
  at::Tensor embed_scales(const View& view, const at::Tensor& object_R) const;

  std::string modality_;
  int64_t patch_, width_;
  std::vector<std::string> units_;
  at::Tensor wavelength_frequencies_, scale_frequencies_;
  nn::Linear pixels_, place_, scale_;
  at::Tensor modality_D_;
};

}  // namespace asterism::models
