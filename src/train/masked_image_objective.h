#pragma once
// Training a vision transformer on hidden patches of images.

#include <memory>

#include "models/masked_image.h"
#include "train/all.h"

namespace asterism::train {

class MaskedImageObjective : public Objective {
 public:
  explicit MaskedImageObjective(std::unique_ptr<models::MaskedImage> model) : model_(std::move(model)) {}
  std::string kind() const override { return "masked_image"; }
  nn::Outcome step(const modalities::Batch& batch, const StepContext& context) override;
  nn::Parameters& parameters() override { return model_->parameters(); }
  void to(const at::Device& device) override { model_->to(device); }
  void prepare(const modalities::Batch& sample) override { model_->learn_unit(sample); }
  void save(const std::filesystem::path& folder) const override { model_->save(folder); }
  const models::MaskedImage& model() const { return *model_; }

 private:
  std::unique_ptr<models::MaskedImage> model_;
};

struct MaskedImageObjectiveSettings : ObjectiveSettings {
  models::MaskedImageSettings model;
  void describe(config::Fields& f) override { model.describe(f); }
  std::vector<std::string> modalities() const override { return {model.modality}; }
  std::unique_ptr<Objective> make(uint64_t seed) const override;  // model.seed 0: the run's seed
};

}  // namespace asterism::train
