#pragma once
// One space for several modalities: an encoder ("tower") per modality, its output projected to unit length, and InfoNCE
// between every pair of modalities that objects of the batch share (Radford et al. 2021; AstroCLIP, Parker et al.
// 2024).

#include <ATen/ATen.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/settings.h"
#include "models/any_to_any_settings.h"
#include "models/draw_key.h"
#include "models/model.h"
#include "nn/outcome.h"

namespace asterism::models {

struct TowerSettings {
  std::vector<std::string> modalities;  // one image or spectrum, or any number of scalars
  int64_t layers = 4;
  void describe(config::Fields& f);
};

struct ContrastiveSettings {
  int64_t width = 128, heads = 4, projection = 128;
  double mlp_ratio = 4;
  double dropout = 0;
  double keep_tokens = 1;  // share of the patches of an image or spectrum used in training (drawn per object)
  double temperature = 0.07;
  bool learn_temperature = true;  // clamped to [0.01, 1]
  int64_t fourier_features = 16;
  double fourier_finest = 0.02;
  int64_t seed = 0;
  std::map<std::string, ModalitySettings>
      modalities;  // kind, patch, size, scale, bands; the fields about targets are not used
  std::map<std::string, TowerSettings> towers;  // empty: one tower a modality, all scalars together in "scalars"
  void describe(config::Fields& f);
};

class Contrastive : public Model {
 public:
  explicit Contrastive(ContrastiveSettings settings);
  ~Contrastive() override;
  Contrastive(Contrastive&&) noexcept;

  void fit(const modalities::Batch& sample);  // scales of the scalars; nothing to do for the others

  // Mean over the pairs of towers of the symmetric InfoNCE. Objects that lack one of the two are left out of that pair;
  // the same object twice in a batch is not its own negative. UserError when no pair of towers shares two different
  // objects. Figures: "accuracy/<a>-<b>" (nearest is the right one, both ways), "temperature".
  nn::Outcome loss(const modalities::Batch& batch, const DrawKey& key);

  std::string kind() const override { return "contrastive"; }
  std::vector<std::string> modalities() const override;
  std::vector<std::string> towers() const;
  int64_t width() const override;  // of the projection
  // Vectors of the towers that `given` feeds, averaged and brought to unit length; layer is not choosable.
  Embedded embed(const modalities::Batch& batch, const EmbedRequest& request) const override;
  nn::Parameters& parameters() override;
  const ContrastiveSettings& settings() const;
  void save(const std::filesystem::path& folder) const override;
  static std::unique_ptr<Contrastive> load(const std::filesystem::path& folder);

 private:
  struct Network;
  std::unique_ptr<Network> network_;
};

}  // namespace asterism::models
