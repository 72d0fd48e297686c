#pragma once
// Training a spectrum transformer on hidden stretches of spectra.

#include <memory>

#include "models/masked_spectrum.h"
#include "train/all.h"

namespace asterism::train {

class MaskedSpectrumObjective : public Objective {
 public:
  explicit MaskedSpectrumObjective(std::unique_ptr<models::MaskedSpectrum> model) : model_(std::move(model)) {}
  std::string kind() const override { return "masked_spectrum"; }
  nn::Outcome step(const modalities::Batch& batch, const StepContext& context) override;
  nn::Parameters& parameters() override { return model_->parameters(); }
  void to(const at::Device& device) override { model_->to(device); }
  void prepare(const modalities::Batch& sample) override { model_->learn_unit(sample); }
  void save(const std::filesystem::path& folder) const override { model_->save(folder); }
  const models::MaskedSpectrum& model() const { return *model_; }

 private:
  std::unique_ptr<models::MaskedSpectrum> model_;
};

struct MaskedSpectrumObjectiveSettings : ObjectiveSettings {
  models::MaskedSpectrumSettings model;
  void describe(config::Fields& f) override { model.describe(f); }
  std::vector<std::string> modalities() const override { return {model.modality}; }
  std::unique_ptr<Objective> make(uint64_t seed) const override;  // model.seed 0: the run's seed
};

}  // namespace asterism::train
