#pragma once
// One encoder of the contrastive model: values of one image or spectrum, or of any number of scalars, to one unit
// vector per object. Letters: N objects, D width, E width of the common space.

#include <ATen/ATen.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "models/any_to_any_settings.h"
#include "models/draw_key.h"
#include "models/input_embedding.h"
#include "models/value_embedding_scalar.h"
#include "nn/transformer.h"

namespace asterism::models {

struct TowerShape {
  nn::TransformerSettings transformer;
  int64_t projection = 128;
  int64_t fourier_features = 16;
  double fourier_finest = 0.02;
};

class Tower {
 public:
  // `modalities`: name and settings of each; all scalars, or exactly one image or spectrum (else UserError).
  Tower(const nn::Scope& scope, std::map<std::string, ModalitySettings> modalities, const TowerShape& shape);

  bool reads(const std::string& modality) const { return modalities_.contains(modality); }
  void fit(const modalities::Batch& sample);

  struct Output {
    at::Tensor vectors_NE;  // unit length; zero where absent
    std::vector<uint8_t> present_N;
  };
  // `given`: only these of its modalities (empty: all). keep: share of an image's or spectrum's tokens, at least one,
  // drawn from (seed, epoch, object).
  Output operator()(const modalities::Batch& batch, const std::vector<std::string>& given, double keep,
                    const DrawKey& key, const nn::DropKey& drop) const;

 private:
  std::map<std::string, ModalitySettings> modalities_;
  std::unique_ptr<ValueEmbeddingScalar> scalars_;
  std::unique_ptr<InputEmbedding> grid_;
  nn::Encoder encoder_;
  nn::LayerNorm norm_;
  nn::Mlp project_;
};

}  // namespace asterism::models
