#pragma once
// A finished model adapted to one labelled scalar: its weights frozen below a head, or changed by low-rank adapters, or
// all trained on. Works with every model of the house that gives vectors (adapt = "linear", "mlp"), and with those that
// give tokens (any_to_any, aion, contrastive, dino, masked_image, masked_spectrum) in every way. What comes of it
// answers `asterism predict` and `asterism evaluate` as an any-to-any model does.
//
//   Adapted model(settings);         // settings.backbone: a model folder
//   model.fit(labelled);
//   model.loss(batch).loss.backward();

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "models/adapted_head.h"
#include "models/adapted_settings.h"
#include "models/model.h"
#include "models/observation_key.h"
#include "models/predictor.h"
#include "nn/low_rank.h"
#include "nn/outcome.h"

namespace asterism::models {

class Adapted : public Model, public Predictor {
 public:
  explicit Adapted(const AdaptedSettings& settings);
  // With a backbone that is there already; merged: adapters are in its weights, none are made.
  Adapted(AdaptedSettings settings, std::unique_ptr<Model> backbone, bool merged = false);

  void fit(const modalities::Batch& sample);  // bins and scale of the labels

  // Mean -ln p of the labels of the objects that have one and that the backbone can see. nn::NothingToLearn where none.
  nn::Outcome loss(const modalities::Batch& batch);

  // Widens or sharpens the posterior so that objects that training did not see are as likely as can be; how many of
  // them have a label and what the backbone can see, and by how much. Fewer than `fewest` of them: nothing is changed.
  struct Calibrated {
    int64_t objects = 0;
    double temperature = 1;
  };
  Calibrated calibrate(std::span<const modalities::Batch> validation, int64_t fewest);

  std::string kind() const override { return "adapted"; }
  std::vector<std::string> modalities() const override;  // never the target
  int64_t width() const override { return backbone_->width(); }
  int64_t token_width() const override { return backbone_->token_width(); }
  bool checks_instrument() const override { return backbone_->checks_instrument(); }
  Embedded embed(const modalities::Batch& batch, const EmbedRequest& request) const override;  // the backbone's
  std::map<std::string, int64_t> pools() const override;  // the backbone's; with adapt = "attentive" the head's too
  Embedded pooled(const modalities::Batch& batch, const EmbedRequest& request, const std::string& pool) const override;
  TokenRows token_rows(const modalities::Batch& batch, const EmbedRequest& request) const override;
  std::unique_ptr<PatchEncoder> patch_encoder(const std::string& modality) const override;  // the backbone's
  nn::Parameters& parameters() override { return parameters_; }                             // what learns
  void to(const at::Device& device) override;
  nn::Parameters& bins() { return head_->bins()->parameters(); }
  const AdaptedSettings& settings() const { return settings_; }
  Model& backbone() { return *backbone_; }
  Model& adapted_backbone();  // with what adapters make of it
  void save(const std::filesystem::path& folder) const override;
  static std::unique_ptr<Adapted> load(const std::filesystem::path& folder);

  std::vector<std::string> targets() const override { return {settings_.target}; }
  const tokenizers::Tokenizer& codec(const std::string& modality) const override;
  // One pass and no sampler: settings of draws of images are refused where they ask for something.
  Prediction predict(const modalities::Batch& batch, const PredictRequest& request) const override;

 private:
  struct Seen {
    at::Tensor answer_NH, present_N;
  };
  Seen look(const modalities::Batch& batch, const EmbedRequest& request) const;
  Seen look_cached(const modalities::Batch& batch);
  struct Answered {
    at::Tensor answer_NH, label_N;
  };
  Answered answer(const modalities::Batch& batch);  // of the objects that have a label; NothingToLearn as of loss
  EmbedRequest request_of(const EmbedRequest& request) const;

  AdaptedSettings settings_;
  std::unique_ptr<Model> backbone_;
  nn::Parameters parameters_;
  std::unique_ptr<AdaptedHead> head_;
  std::unique_ptr<nn::LowRank> adapters_;
  std::unordered_map<ObservationKey, at::Tensor, ObservationKey::Hash>
      kept_;  // of frozen backbones: rows of an object's tokens, or its vector
  int64_t kept_bytes_ = 0;
};

}  // namespace asterism::models
