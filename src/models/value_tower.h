#pragma once
// A tower that learns from nothing: values of one image, spectrum or light curve, or of any number of scalars, through
// a transformer of its own; of an image or spectrum also, or instead, through a summary (summary.h). Letters: N
// objects, D width, H width of the summary, E width of the common space.

#include <ATen/ATen.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "models/any_to_any_settings.h"
#include "models/input_embedding.h"
#include "models/packing.h"
#include "models/summary.h"
#include "models/tower.h"
#include "models/value_embedding_scalar.h"
#include "nn/transformer.h"

namespace asterism::models {

struct TowerShape {
  nn::TransformerSettings transformer;  // depth 0: none, the summary alone
  int64_t summary = 0;                  // its width, even; 0: none
  double summary_jitter = 0;            // Jitter::size, in training
  double summary_noise = 0;             // Jitter::noise
  bool summary_linear = false;          // SummaryNetwork::linear; the projection is one linear map then too
  int64_t projection = 128;
  int64_t fourier_features = 16;
  double fourier_finest = 0.02;
};

class ValueTower : public Tower {
 public:
  // `modalities`: name and settings of each; all scalars, or exactly one image, spectrum or light curve (else
  // UserError). A summary wants an image or a spectrum; a tower has a transformer, a summary, or both.
  ValueTower(const nn::Scope& scope, std::map<std::string, ModalitySettings> modalities, const TowerShape& shape);

  bool reads(const std::string& modality) const override { return modalities_.contains(modality); }
  void fit(const modalities::Batch& sample) override;
  std::unique_ptr<PatchEncoder> patch_encoder() const override;
  Output operator()(const modalities::Batch& batch, const Request& request) const override;

 private:
  struct Rowed;  // the rows of a batch that are read
  void make_inputs(const nn::Scope& scope, const TowerShape& shape);
  const modalities::Block* block_of(const modalities::Batch& batch, const std::string& name,
                                    const Request& request) const;
  Rowed rows_of(const modalities::Batch& batch, const Request& request) const;
  at::Tensor projection(const std::vector<at::Tensor>& parts) const;                            // [N, E]
  at::Tensor pooled(const Rowed& rowed, const Packing& packing, const Request& request) const;  // [N, D]

  std::map<std::string, ModalitySettings> modalities_;
  std::unique_ptr<ValueEmbeddingScalar> scalars_;
  std::unique_ptr<InputEmbedding> grid_;
  std::unique_ptr<Summary> summary_;
  double jitter_, noise_;
  bool deep_;  // there is a transformer
  nn::Encoder encoder_;
  nn::LayerNorm norm_;
  nn::Mlp project_;
};

}  // namespace asterism::models
