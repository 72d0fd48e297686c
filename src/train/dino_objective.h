#pragma once
// Pretraining a vision transformer on views of images: teacher and centres move after every update, and all schedules
// follow the share of steps that are done, so that a resumed run goes on exactly.

#include <memory>

#include "models/dino.h"
#include "train/all.h"

namespace asterism::train {

class DinoObjective : public Objective {
 public:
  explicit DinoObjective(std::unique_ptr<models::Dino> model) : model_(std::move(model)) {}
  std::string kind() const override { return "dino"; }
  nn::Outcome step(const modalities::Batch& batch, const StepContext& context) override;
  bool separable() const override { return false; }  // centres, Sinkhorn and KoLeo are the batch's
  bool has_teacher() const override { return true; }
  void after_update(const StepContext& context) override;
  std::function<double(const std::string&)> rate_factors(const StepContext& context) const override;
  nn::Parameters& parameters() override { return model_->parameters(); }
  void to(const at::Device& device) override { model_->to(device); }
  void prepare(const modalities::Batch& sample) override {
    model_->check_data(sample);
    model_->learn_units(sample);
  }
  // Of a dino model, or of a masked_image model with network = "dino": student and teacher take its encoder.
  models::WarmStart start_from(const std::filesystem::path& folder) override;
  void save(const std::filesystem::path& folder) const override { model_->save(folder); }
  const models::Dino& model() const { return *model_; }

 private:
  std::unique_ptr<models::Dino> model_;
};

struct DinoObjectiveSettings : ObjectiveSettings {
  models::DinoSettings model;
  void describe(config::Fields& f) override { model.describe(f); }
  std::vector<std::string> modalities() const override { return model.modalities; }
  std::unique_ptr<Objective> make(uint64_t seed) const override;  // model.seed 0: the run's seed
};

}  // namespace asterism::train
