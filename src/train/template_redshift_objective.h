#pragma once
// Training the few numbers that make templates' likelihoods of redshifts a posterior.

#include <memory>

#include "models/template_redshift.h"
#include "train/all.h"

namespace asterism::train {

class TemplateRedshiftObjective : public Objective {
 public:
  explicit TemplateRedshiftObjective(std::unique_ptr<models::TemplateRedshift> model) : model_(std::move(model)) {}
  std::string kind() const override { return "template_redshift"; }
  nn::Outcome step(const modalities::Batch& batch, const StepContext&) override { return model_->loss(batch); }
  void prepare(const modalities::Batch& sample) override { model_->fit(sample); }
  nn::Parameters* statistics() override { return &model_->templates(); }
  nn::Parameters& parameters() override { return model_->parameters(); }
  void to(const at::Device& device) override { model_->to(device); }
  void save(const std::filesystem::path& folder) const override { model_->save(folder); }

 private:
  std::unique_ptr<models::TemplateRedshift> model_;
};

struct TemplateRedshiftObjectiveSettings : ObjectiveSettings {
  models::TemplateRedshiftSettings model;
  void describe(config::Fields& f) override { model.describe(f); }
  std::vector<std::string> modalities() const override { return {model.modality, model.target}; }
  std::unique_ptr<Objective> make(uint64_t) const override {
    return std::make_unique<TemplateRedshiftObjective>(std::make_unique<models::TemplateRedshift>(model));
  }
};

}  // namespace asterism::train
