#pragma once
// A tower that learns from nothing: values of one image, spectrum or light curve, or of any number of scalars, through
// a transformer of its own. Letters: N objects, D width, E width of the common space.

#include <ATen/ATen.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "models/any_to_any_settings.h"
#include "models/input_embedding.h"
#include "models/tower.h"
#include "models/value_embedding_scalar.h"
#include "nn/transformer.h"

namespace asterism::models {

struct TowerShape {
  nn::TransformerSettings transformer;
  int64_t projection = 128;
  int64_t fourier_features = 16;
  double fourier_finest = 0.02;
};

class ValueTower : public Tower {
 public:
  // `modalities`: name and settings of each; all scalars, or exactly one image, spectrum or light curve (else
  // UserError).
  ValueTower(const nn::Scope& scope, std::map<std::string, ModalitySettings> modalities, const TowerShape& shape);

  bool reads(const std::string& modality) const override { return modalities_.contains(modality); }
  void fit(const modalities::Batch& sample) override;
  Output operator()(const modalities::Batch& batch, const Request& request) const override;

 private:
  std::map<std::string, ModalitySettings> modalities_;
  std::unique_ptr<ValueEmbeddingScalar> scalars_;
  std::unique_ptr<InputEmbedding> grid_;
  nn::Encoder encoder_;
  nn::LayerNorm norm_;
  nn::Mlp project_;
};

}  // namespace asterism::models
