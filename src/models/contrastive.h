#pragma once
// One space for several modalities: an encoder ("tower") per modality, learned from nothing (value_tower.h) or taken
// from a finished model (backbone_tower.h), its output projected to unit length, and a loss between pairs of modalities
// that objects of the batch share: InfoNCE (Radford et al. 2021; AstroCLIP, Parker et al. 2024) or SigLIP (Zhai et al.
// 2023). alignment_loss.h has the losses.

#include <ATen/ATen.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "models/alignment_loss.h"
#include "models/contrastive_settings.h"
#include "models/draw_key.h"
#include "models/model.h"
#include "nn/outcome.h"

namespace asterism::models {

class Contrastive : public Model {
 public:
  // Backbones are read from the folders that the settings name: UserError and DataError as models::load_model.
  // dtype: kDouble for gradient checks, of towers without a backbone.
  explicit Contrastive(ContrastiveSettings settings, at::ScalarType dtype = at::kFloat);
  ~Contrastive() override;
  Contrastive(Contrastive&&) noexcept;

  void fit(const modalities::Batch& sample);  // scales of the scalars; nothing to do for the others

  // Mean over the pairs of towers of the loss. Objects that lack one of the two are left out of that pair; the same
  // object twice in a batch is not its own negative. nn::NothingToLearn when no pair of towers shares two different
  // objects. Figures: see align().
  nn::Outcome loss(const modalities::Batch& batch, const DrawKey& key);

  // The same loss, whose gradient is added to that of the parameters piece by piece (gradient cache, Gao et al. 2021):
  // vectors of all objects first, without a graph; then the loss and its gradient by them; then each piece of the batch
  // once more, with it. Memory is that of one piece and of all vectors. It is the gradient of the whole batch's loss
  // but for rounding, and where there is dropout for other draws: those of each piece. The loss comes back detached.
  nn::Outcome add_gradient(const modalities::Batch& batch, const DrawKey& key, int64_t pieces);

  // Keeps what wholly frozen backbones make of objects in this folder (feature_cache.h). UserError where no tower has
  // one.
  void keep_features(const std::filesystem::path& folder);

  std::string kind() const override { return "contrastive"; }
  std::vector<std::string> modalities() const override;
  std::vector<std::string> towers() const;
  int64_t width() const override;  // of the common space, and of what is kept beside it
  bool checks_instrument() const override;
  // Vectors of the towers that `given` feeds, averaged and brought to unit length; layer is not choosable. With
  // own_weight > 0 the mean token of each backbone follows, times that weight, in places of its own: zero in vectors of
  // other modalities, so that the cosine of an image's and a spectrum's is that of their common parts by a constant
  // factor. All together has unit length.
  Embedded embed(const modalities::Batch& batch, const EmbedRequest& request) const override;
  // Of the tower that reads these images: before its head, or its mean.
  std::unique_ptr<PatchEncoder> patch_encoder(const std::string& modality) const override;
  // One row an object, the vector that embed gives it, differentiable: so that a model of pairs can be adapted as
  // others.
  TokenRows token_rows(const modalities::Batch& batch, const EmbedRequest& request) const override;
  void forget(uint64_t seed) override;  // UserError where a tower has a backbone, whose weights are another's
  nn::Parameters& parameters() override;
  const ContrastiveSettings& settings() const;
  // Backbones are saved with the rest: the folder needs no other.
  void save(const std::filesystem::path& folder) const override;
  static std::unique_ptr<Contrastive> load(const std::filesystem::path& folder);

 private:
  struct Network;
  explicit Contrastive(std::unique_ptr<Network> network);
  Embedded vectors_of(const modalities::Batch& batch, const EmbedRequest& request) const;  // where the model computes
  std::unique_ptr<Network> network_;
};

}  // namespace asterism::models
