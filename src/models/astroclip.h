#pragma once
// AstroCLIP (Parker et al. 2024): an image encoder and a spectrum encoder whose heads lead into one space; or one of
// the encoders alone: DINOv2 and AstroDINO for images, SpecFormer for spectra. Reads published weights and our own.
// Letters: N objects, E width of the vectors, P and T tokens, C, H, W of images, L pixels of spectra.

#include <ATen/ATen.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "models/astroclip_settings.h"
#include "models/draw_key.h"
#include "models/model.h"
#include "models/pooling_head.h"
#include "models/specformer.h"
#include "models/vision_transformer.h"
#include "nn/outcome.h"
#include "nn/scope.h"

namespace asterism::models {

class AstroClip : public Model {
 public:
  explicit AstroClip(AstroClipSettings settings);
  // With weights that are not set yet: for those that parameters().load brings at once.
  static std::unique_ptr<AstroClip> blank(AstroClipSettings settings);

  std::string kind() const override { return "astroclip"; }
  std::vector<std::string> modalities() const override;
  // Of the common space; of a lone encoder without head: its own width.
  int64_t width() const override;
  bool checks_instrument() const override { return true; }

  // Heads: the published embedding, not normalised, of the one encoder asked; where both have something to read, the
  // mean of the two at unit length. Without a head: CLS of images, the mean over the tokens of spectra. layer (lone
  // encoders without head only): the mean over that block's patches or tokens, not normed. Blocks of the batch go
  // through prepare_images and prepare_spectra.
  Embedded embed(const modalities::Batch& batch, const EmbedRequest& request) const override;
  std::map<std::string, int64_t> pools() const override;  // "cls" where an image encoder has one
  // "cls": of the image encoder, normed, without a head; layer: of that block, not normed.
  Embedded pooled(const modalities::Batch& batch, const EmbedRequest& request, const std::string& pool) const override;

  // Of the tower as it embeds: patches alone where !image_positions, and what its head's query looks at; else with CLS.
  std::unique_ptr<PatchEncoder> patch_encoder(const std::string& modality) const override;

  // InfoNCE of the objects that have both, all weights trainable unless set otherwise. UserError: fewer than two such.
  nn::Outcome loss(const modalities::Batch& batch, const DrawKey& key);

  // The parts: prepared images [N, C, H, W] and fluxes [N, L] in. UserError where the model lacks the encoder (or
  // head).
  const VisionTransformer& image_encoder() const;
  const SpecFormer& spectrum_encoder() const;
  const PoolingHead& image_head() const;
  const PoolingHead& spectrum_head() const;
  at::Tensor image_tokens(const at::Tensor& images_NCHW, const nn::DropKey& drop = {}) const;  // what the head sees
  at::Tensor image_vectors(const at::Tensor& images_NCHW, const nn::DropKey& drop = {}) const;
  // padding: as SpecFormer::encode takes it
  at::Tensor spectrum_vectors(const at::Tensor& flux_NL, const at::Tensor& padding_NL = {},
                              const nn::DropKey& drop = {}) const;

  void forget(uint64_t seed) override;
  nn::Parameters& parameters() override { return parameters_; }
  const nn::Parameters& parameters() const { return parameters_; }
  const AstroClipSettings& settings() const { return settings_; }
  void save(const std::filesystem::path& folder) const override;
  // A folder of ours, or a published one (published_weights.h). DataError where a tensor is missing, one too many or of
  // another shape.
  static std::unique_ptr<AstroClip> load(const std::filesystem::path& folder);

 private:
  AstroClip(AstroClipSettings settings, bool blank);
  void check_given(const EmbedRequest& request) const;
  at::Tensor image_part(const modalities::Batch& batch, const EmbedRequest& request) const;
  at::Tensor spectrum_part(const modalities::Batch& batch, const EmbedRequest& request) const;

  AstroClipSettings settings_;
  nn::Parameters parameters_;
  VisionTransformer image_;
  SpecFormer spectrum_;
  PoolingHead image_head_, spectrum_head_;
};

}  // namespace asterism::models
