#pragma once
// Light curves as points: each measurement with its error, when it was made since the object's first, in which band.
// Any cadence, any number of points, masked ones left out. Brightness is told twice, relative to the object's own
// median and as that median's level, so that shape and level can be learned apart. Letters: N objects, L points, R rows
// drawn, D width.

#include <string>
#include <vector>

#include "models/input_embedding.h"
#include "nn/embedding.h"
#include "nn/linear.h"

namespace asterism::models {

class ValueEmbeddingLightCurve : public InputEmbedding {
 public:
  // bands: those with an embedding of their own by name; every band is also known by its wavelength, where one is
  // given.
  ValueEmbeddingLightCurve(const nn::Scope& scope, std::string modality, std::vector<std::string> bands, int64_t width);

  // A position is a point. Upper limits are masked, and so no points.
  View view(const modalities::Block& block) const override;
  at::Tensor embed(const View& view, const at::Tensor& object_R, const at::Tensor& position_R) const override;

 private:
  std::string modality_;
  std::vector<std::string> known_;
  at::Tensor time_frequencies_, wavelength_frequencies_;
  nn::Linear point_, time_, band_;
  nn::Embedding named_;
  at::Tensor modality_D_;
};

}  // namespace asterism::models
