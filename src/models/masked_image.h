#pragma once
// A vision transformer that learns by rebuilding hidden patches of images (masked autoencoder, He et al. 2022), on
// flux: any bands, each known by its wavelength, width and PSF. Otherwise than there:
//   - what goes in is asinh(flux / sigma) of each band with its noise and mask, and a band that was not observed is
//     left out of the patch (value_embedding_image.h); the rebuilt number is asinh(flux / sigma) too, so that the core
//     of a galaxy counts, and noise does not beyond what it is;
//   - masked pixels count neither as input nor in the loss, and patches without a good pixel are no tokens;
//   - objects with different numbers of patches lie side by side without padding.
// With network = "dino" the encoder is the one that DINO trains (crop_encoder.h), weights under the same names, so that
// either can go on from the other; tokens are then its patches, without CLS and registers.
// Letters: N objects, P patches, C bands, R rows, D width.

#include <ATen/ATen.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "config/settings.h"
#include "models/band_embedding.h"
#include "models/crop_encoder.h"
#include "models/draw_key.h"
#include "models/model.h"
#include "models/value_embedding_image.h"
#include "nn/outcome.h"
#include "nn/transformer.h"

namespace asterism::models {

struct MaskedImageSettings {
  std::string modality = "image_legacy";
  std::string unit;  // of what it learned from: others are refused; empty: not known
  int64_t patch = 8, size = 0;
  std::vector<std::string> bands;  // with an embedding of their own by name, beside that by wavelength
  int64_t width = 192, heads = 6, layers = 6, decoder_width = 96, decoder_heads = 3, decoder_layers = 2;
  double mlp_ratio = 4, dropout = 0, drop_path = 0;
  std::string network = "plain";  // or "dino"
  int64_t registers = 0;          // of a dino network
  double layer_scale = 1e-5;      // of a dino network
  double hidden_share = 0.75;     // of the patches that can be used
  bool patch_sums = false;        // the light of patches and of their quarters goes in, and is rebuilt
  int64_t seed = 0;
  void describe(config::Fields& f);
};

class MaskedImage : public Model {
 public:
  explicit MaskedImage(MaskedImageSettings settings, at::ScalarType dtype = at::kFloat);
  void learn_unit(const modalities::Batch& sample);  // where it is not known

  // Mean over hidden good pixels of all bands of Huber(rebuilt - asinh(flux / sigma), 3). Objects with fewer than two
  // usable patches are left out; nn::NothingToLearn where none remains. Figure "explained": 1 - sum of residual^2 / sum
  // of squares about the mean, over the same pixels.
  nn::Outcome loss(const modalities::Batch& batch, const DrawKey& key) const;

  // asinh(flux / sigma) of every pixel [N, C, H, W] as it is rebuilt when the patches marked in hidden_NP (bool, of the
  // grid of whole patches about the centre) are hidden; 0 elsewhere. Nothing is drawn.
  at::Tensor rebuild(const modalities::Block& images, const at::Tensor& hidden_NP) const;

  // What the encoder makes of everything that is seen, normed: rows of each object, one after the other;
  // differentiable.
  struct Encoded {
    at::Tensor rows_RD;
    nn::Ranges objects;
  };
  Encoded tokens(const modalities::Block& images, const nn::DropKey& drop) const;

  std::string kind() const override { return "masked_image"; }
  std::vector<std::string> modalities() const override { return {settings_.modality}; }
  int64_t width() const override { return settings_.width; }
  // The mean over the tokens; layer: of that block, not normed.
  Embedded embed(const modalities::Batch& batch, const EmbedRequest& request) const override;
  std::map<std::string, int64_t> pools() const override { return {{"tokens", token_width()}}; }
  TokenRows token_rows(const modalities::Batch& batch, const EmbedRequest& request) const override;
  std::unique_ptr<PatchEncoder> patch_encoder(const std::string& modality) const override;
  void forget(uint64_t seed) override;
  nn::Parameters& parameters() override { return parameters_; }
  const MaskedImageSettings& settings() const { return settings_; }
  void save(const std::filesystem::path& folder) const override;
  static std::unique_ptr<MaskedImage> load(const std::filesystem::path& folder);

 private:
  struct Rebuilt {
    at::Tensor object_R, patch_R;  // of the hidden patches
    at::Tensor signal_RCp;         // p = patch x patch
    at::Tensor sums_RC5;           // as patch_sums.h; undefined without sums
  };
  InputEmbedding::View look(const modalities::Block& images) const;
  Encoded patches_of(const InputEmbedding::View& view, const nn::DropKey& drop, int64_t layer) const;
  // All rows of what is seen: of a dino network CLS and registers too, `before` the patches of each object.
  Encoded encode(const InputEmbedding::View& view, const std::vector<uint8_t>& seen_NP, const nn::DropKey& drop,
                 int64_t layer) const;
  Rebuilt rebuild_hidden(const modalities::ImageBlock& images, const InputEmbedding::View& view,
                         const std::vector<uint8_t>& hidden_NP, const nn::DropKey& drop) const;
  // Mean Huber of the rebuilt sums of light of hidden patches and quarters; sets the figure "off_in_sums".
  at::Tensor loss_of_sums(const InputEmbedding::View& view, const Rebuilt& rebuilt, nn::Outcome& out) const;

  MaskedImageSettings settings_;
  nn::Parameters parameters_;
  std::unique_ptr<CropEncoder> vision_;  // network = "dino"; else input_, encoder_, norm_, mask_token_D_
  std::unique_ptr<ValueEmbeddingImage> input_;
  nn::Encoder encoder_, decoder_;
  nn::LayerNorm norm_, decoder_norm_;
  nn::Linear to_decoder_, to_pixels_, to_sums_;
  std::unique_ptr<BandEmbedding> output_bands_;
  at::Tensor mask_token_D_;
};

// Which patches are hidden: a share of the usable ones, drawn from (seed, epoch, object); at least one hidden and one
// seen where two are usable, else none. usable [N, P] and the answer: bytes, one object after the other.
std::vector<uint8_t> draw_hidden_patches(const std::vector<uint8_t>& usable_NP, int64_t patches, double share,
                                         const std::vector<uint64_t>& object_hashes, const DrawKey& key);

}  // namespace asterism::models
