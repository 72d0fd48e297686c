#pragma once
// A tower over the encoder of a finished model, frozen in whole or in part: its tokens are pooled by a head that is
// learned (AstroCLIP, Parker et al. 2024), and what a summary (summary.h) says is added, if it has one. Letters: N
// objects, M of them that are there, T tokens, C their width, E width of the common space.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "models/any_to_any_settings.h"
#include "models/backbone.h"
#include "models/feature_cache.h"
#include "models/pooling_head.h"
#include "models/summary.h"
#include "models/tower.h"
#include "nn/mlp.h"

namespace asterism::models {

// Which weights of a backbone rest: "all", "none", or the first so many blocks (and what is before them).
struct Freeze {
  bool all = true;
  int64_t blocks = 0;  // with all = false
};
// UserError where the text is none of these, or more blocks than there are.
Freeze freeze_of(const std::string& text, int64_t blocks);

struct BackboneTowerSettings {
  std::string head = "attention";  // the published one: a learned query looks at all tokens; or "mean" of the tokens
  int64_t projection = 128;        // E
  int64_t heads = 4, hidden = 512;
  bool residual = true;                          // attention: embedding = pooled + mlp(pooled)
  double dropout = 0;                            // in the head, in training
  int64_t summary = 0;                           // width of the summary that is added; 0: none
  double summary_jitter = 0, summary_noise = 0;  // Jitter::size and ::noise, in training
  bool summary_linear = false;                   // SummaryNetwork::linear, and one linear map from it
};

class BackboneTower : public Tower {
 public:
  // `modality`: as the summary reads it. Makes the head at `scope` and enters the backbone's weights at
  // scope.name("backbone") of `parameters`.
  BackboneTower(const nn::Scope& scope, nn::Parameters& parameters, std::unique_ptr<Backbone> backbone,
                const BackboneTowerSettings& settings, const ModalitySettings& modality = {});

  bool reads(const std::string& modality) const override { return backbone_->modality() == modality; }
  bool checks_instrument() const override { return backbone_->checks_instrument(); }
  std::unique_ptr<PatchEncoder> patch_encoder() const override { return backbone_->patch_encoder(); }
  int64_t own_width() const override { return backbone_->width(); }  // the mean of the backbone's tokens
  void fit(const modalities::Batch& sample) override;
  // Objects without a single good pixel are absent. request.keep has no effect: a published encoder sees whole images.
  Output operator()(const modalities::Batch& batch, const Request& request) const override;

  // Sets which of the backbone's weights ask for a gradient.
  void freeze(const Freeze& freeze);
  bool frozen() const { return freeze_.all; }
  // Features of objects are kept in this folder from now on. Only where frozen. Weights that change are noticed: theirs
  // are kept in a file of their own.
  void keep_features(const std::filesystem::path& folder);
  const FeatureCache* features() const { return cache_.get(); }  // nullptr before the first object
  const Backbone& backbone() const { return *backbone_; }

 private:
  Backbone::Tokens tokens_of(const modalities::Block& present, const std::vector<uint64_t>& hashes,
                             const Request& request) const;
  Backbone::Tokens fresh_tokens(const modalities::Block& present, const Request& request) const;
  at::Tensor head(const Backbone::Tokens& tokens, const nn::DropKey& drop) const;
  at::Tensor from_summary(const modalities::Block& present, const std::vector<uint64_t>& hashes,
                          const Request& request) const;
  void open_features() const;

  BackboneTowerSettings settings_;
  std::unique_ptr<Backbone> backbone_;
  Freeze freeze_;
  std::filesystem::path features_in_;
  mutable std::unique_ptr<FeatureCache> cache_;
  mutable std::string cache_name_;
  mutable int64_t weights_version_ = -1;
  PoolingHead pooling_;
  nn::LayerNorm norm_;
  nn::Mlp project_;
  std::unique_ptr<Summary> summary_;
  nn::Mlp summary_project_;
};

}  // namespace asterism::models
