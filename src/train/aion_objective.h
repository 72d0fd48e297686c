#pragma once
// Training a model of AION-1's architecture on tokens, as 4M is trained (Mizrahi et al. 2023; Parker et al. 2025),
// which was published without its training: what is saved loads in the authors' package. Budgets are drawn as for our
// own models (models/budget.h), tokens alone go in. Sequences (catalogues) are not trained.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "models/aion.h"
#include "models/any_to_any_settings.h"
#include "models/token_cache.h"
#include "train/all.h"

namespace asterism::train {

// One modality of a dataset: [model.modalities.flux_g].
struct AionModalitySettings {
  std::string codec;
  bool target = true;
  double input_weight = 1, target_weight = 1;
  void describe(config::Fields& f);
};

struct AionObjectiveSettings : ObjectiveSettings {
  std::string start, loss = "by_modality";
  int64_t width = 768, depth = 12, heads = 12;
  std::map<std::string, AionModalitySettings> of;
  std::map<std::string, models::MixtureSettings> mixture;
  void describe(config::Fields& f) override;
  std::vector<std::string> modalities() const override;
  std::unique_ptr<Objective> make(uint64_t seed) const override;
};

class AionObjective : public Objective {
 public:
  AionObjective(std::unique_ptr<models::Aion> model, AionObjectiveSettings settings);
  std::string kind() const override { return "aion"; }
  nn::Outcome step(const modalities::Batch& batch, const StepContext& context) override;
  nn::Parameters& parameters() override { return model_->parameters(); }
  void to(const at::Device& device) override { model_->to(device); }
  nn::Parameters* statistics() override { return &tables_; }  // of the codecs that prepare() made
  void prepare(const modalities::Batch& sample) override;
  // Codecs that prepare() made become those of that model, whose codes its weights know. UserError naming a codec that
  // is another than there.
  models::WarmStart start_from(const std::filesystem::path& folder) override;
  void save(const std::filesystem::path& folder) const override { model_->save(folder); }
  const models::Aion& model() const { return *model_; }

 private:
  struct Seen;
  std::vector<Seen> look(const modalities::Batch& batch);
  std::unique_ptr<models::Aion> model_;
  AionObjectiveSettings settings_;
  nn::Parameters tables_;
  models::TokenCache cache_;
};

}  // namespace asterism::train
