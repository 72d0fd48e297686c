#pragma once
// Training a contrastive model: every object of a batch is the others' negative, so larger batches are harder and
// better.

#include <memory>

#include "models/contrastive.h"
#include "train/all.h"

namespace asterism::train {

class ContrastiveObjective : public Objective {
 public:
  explicit ContrastiveObjective(std::unique_ptr<models::Contrastive> model) : model_(std::move(model)) {}
  std::string kind() const override { return "contrastive"; }
  nn::Outcome step(const modalities::Batch& batch, const StepContext& context) override;
  bool separable() const override { return false; }
  bool couples_in_pieces() const override { return true; }
  nn::Outcome add_gradient_in_pieces(const modalities::Batch& batch, const StepContext& context,
                                     int64_t pieces) override;
  nn::Parameters& parameters() override { return model_->parameters(); }
  void to(const at::Device& device) override { model_->to(device); }
  void prepare(const modalities::Batch& sample) override { model_->fit(sample); }
  void save(const std::filesystem::path& folder) const override { model_->save(folder); }
  const models::Contrastive& model() const { return *model_; }

 private:
  std::unique_ptr<models::Contrastive> model_;
};

struct ContrastiveObjectiveSettings : ObjectiveSettings {
  models::ContrastiveSettings model;
  std::string feature_cache;  // folder: what frozen backbones make of objects is kept there. Empty: made in every step
  void describe(config::Fields& f) override;
  std::vector<std::string> modalities() const override;
  std::unique_ptr<Objective> make(uint64_t seed) const override;  // model.seed 0: the run's seed
};

}  // namespace asterism::train
