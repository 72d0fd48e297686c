#pragma once
// Training an any-to-any model: the loss is the model's own, masks drawn anew for every object and epoch.

#include <memory>

#include "models/any_to_any.h"
#include "train/all.h"

namespace asterism::train {

class AnyToAnyObjective : public Objective {
 public:
  explicit AnyToAnyObjective(std::unique_ptr<models::AnyToAny> model) : model_(std::move(model)) {}
  std::string kind() const override { return "any_to_any"; }
  nn::Outcome step(const modalities::Batch& batch, const StepContext& context) override;
  nn::Parameters& parameters() override { return model_->parameters(); }
  void to(const at::Device& device) override { model_->to(device); }
  nn::Parameters* statistics() override { return &model_->bins(); }
  void prepare(const modalities::Batch& sample) override { model_->fit(sample); }
  models::WarmStart start_from(const std::filesystem::path& folder) override { return model_->start_from(folder); }
  // One temperature for the posterior of each scalar that at least 100 of the objects have, everything else given.
  void calibrate(std::span<const modalities::Batch> validation) override;
  void save(const std::filesystem::path& folder) const override { model_->save(folder); }
  const models::AnyToAny& model() const { return *model_; }

 private:
  std::unique_ptr<models::AnyToAny> model_;
};

struct AnyToAnyObjectiveSettings : ObjectiveSettings {
  models::AnyToAnySettings model;
  void describe(config::Fields& f) override { model.describe(f); }
  std::vector<std::string> modalities() const override;
  std::unique_ptr<Objective> make(uint64_t seed) const override;  // model.seed 0: the run's seed
};

}  // namespace asterism::train
