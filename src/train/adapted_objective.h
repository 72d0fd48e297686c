#pragma once
// Adapting a finished model to a labelled scalar.

#include <memory>

#include "models/adapted.h"
#include "train/all.h"

namespace asterism::train {

class AdaptedObjective : public Objective {
 public:
  explicit AdaptedObjective(std::unique_ptr<models::Adapted> model) : model_(std::move(model)) {}
  std::string kind() const override { return "adapted"; }
  nn::Outcome step(const modalities::Batch& batch, const StepContext& context) override;
  nn::Parameters& parameters() override { return model_->parameters(); }
  void to(const at::Device& device) override { model_->to(device); }
  void calibrate(std::span<const modalities::Batch> validation) override;
  nn::Parameters* statistics() override { return &model_->bins(); }
  void prepare(const modalities::Batch& sample) override { model_->fit(sample); }
  // From an adapted model of the same target: the head, adapters, and with adapt = "full" the network below. UserError
  // where the head was learned on another network than model.backbone, which does not change.
  models::WarmStart start_from(const std::filesystem::path& folder) override;
  void save(const std::filesystem::path& folder) const override { model_->save(folder); }
  models::Adapted& model() { return *model_; }

 private:
  std::unique_ptr<models::Adapted> model_;
};

struct AdaptedObjectiveSettings : ObjectiveSettings {
  models::AdaptedSettings model;
  void describe(config::Fields& f) override { model.describe(f); }
  std::vector<std::string> modalities()
      const override;  // what is given, or all that the backbone reads; and the labels
  std::unique_ptr<Objective> make(uint64_t seed) const override;  // model.seed 0: the run's seed
};

}  // namespace asterism::train
