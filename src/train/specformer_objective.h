#pragma once
// Training SpecFormer as published, or so that nothing leaks (models/specformer_loss.h). The finished model is an
// astroclip folder of a lone spectrum encoder, its weights under the published names.

#include <memory>

#include "models/astroclip.h"
#include "models/specformer_loss.h"
#include "train/all.h"

namespace asterism::train {

struct SpecFormerObjectiveSettings : ObjectiveSettings {
  SpecFormerObjectiveSettings() { input.masked = "mean"; }
  models::SpecFormerSettings encoder;  // its keys and those of `mask` stand in [model] itself
  models::SpecFormerMaskSettings mask;
  models::SpectrumInputSettings input;
  int64_t seed = 0;
  void describe(config::Fields& f) override;
  std::vector<std::string> modalities() const override { return {input.modality}; }
  std::unique_ptr<Objective> make(uint64_t seed) const override;  // seed 0: the run's seed
};

class SpecFormerObjective : public Objective {
 public:
  SpecFormerObjective(std::unique_ptr<models::AstroClip> model, models::SpecFormerMaskSettings mask)
      : model_(std::move(model)), mask_(mask) {}
  std::string kind() const override { return "specformer"; }
  nn::Outcome step(const modalities::Batch& batch, const StepContext& context) override;
  nn::Parameters& parameters() override { return model_->parameters(); }
  void to(const at::Device& device) override { model_->to(device); }
  // Of a folder with a spectrum encoder, published or ours. UserError where its tokens mean something else.
  models::WarmStart start_from(const std::filesystem::path& folder) override;
  void save(const std::filesystem::path& folder) const override { model_->save(folder); }
  const models::AstroClip& model() const { return *model_; }

 private:
  std::unique_ptr<models::AstroClip> model_;
  models::SpecFormerMaskSettings mask_;
};

}  // namespace asterism::train
