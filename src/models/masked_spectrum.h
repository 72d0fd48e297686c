#pragma once
// A spectrum transformer that learns by rebuilding hidden stretches of spectra, on their own wavelength grids, with
// inverse variance and mask in the input and in the loss. What it does otherwise than SpecFormer (specformer.h):
//   - patches do not overlap and hidden ones never enter the encoder (He et al. 2022), nor the brightness of the
//     spectrum that all else is scaled by: nothing of what is hidden leaks;
//   - the brightness is a token of its own, in its logarithm;
//   - a patch knows its wavelengths, not its number, so any grid goes;
//   - pixels count in the loss by what their noise allows;
//   - with `line`, what is learned is what a straight line across the gap leaves.
// Letters: N objects, P patches, R rows, D width.

#include <ATen/ATen.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "config/settings.h"
#include "models/draw_key.h"
#include "models/model.h"
#include "models/value_embedding_spectrum.h"
#include "nn/outcome.h"
#include "nn/transformer.h"

namespace asterism::models {

struct MaskedSpectrumSettings {
  std::string modality = "spectrum_desi";
  std::string unit;  // of what it learned from: others are refused; empty: not known
  int64_t patch = 32, width = 128, heads = 4, layers = 4, decoder_layers = 1;
  double mlp_ratio = 4, dropout = 0;
  double hidden_share = 0.4;   // of the patches that can be used
  int64_t hidden_patches = 6;  // in a row
  bool causal = false;         // a patch sees those of shorter wavelengths alone, and the brightness
  bool line = false;           // what is rebuilt is added to the straight line across the gap (bridged.h)
  double error_floor = 0.05;   // of the spectrum's brightness, added to each pixel's noise in quadrature
  int64_t seed = 0;
  void describe(config::Fields& f);
};

class MaskedSpectrum : public Model {
 public:
  explicit MaskedSpectrum(MaskedSpectrumSettings settings);
  void learn_unit(const modalities::Batch& sample);  // where it is not known

  // Mean over hidden good pixels of Huber(residual / sigma, 5), sigma of noise and floor. Objects with fewer than two
  // usable patches are left out; nn::NothingToLearn where none remains. Figure "chi2": mean of residual^2 ivar over the
  // same pixels, noise alone.
  nn::Outcome loss(const modalities::Batch& batch, const DrawKey& key) const;

  // The patches, bool [N, P], that loss() hides of these objects.
  at::Tensor hidden_patches(const modalities::Batch& batch, const DrawKey& key) const;

  // Flux [N, L] of every pixel of the spectra, as they are rebuilt when the patches marked in hidden_NP (bool, P =
  // ceil(L / patch)) are hidden; 0 elsewhere. Nothing is drawn.
  at::Tensor rebuild(const modalities::SpectrumBlock& spectra, const at::Tensor& hidden_NP) const;

  // What the encoder makes of everything that is seen, normed: rows of each object, one after the other (the brightness
  // first, then the usable patches); differentiable.
  struct Encoded {
    at::Tensor rows_RD;
    nn::Ranges objects;
  };
  Encoded tokens(const modalities::Block& spectra, const nn::DropKey& drop) const;

  std::string kind() const override { return "masked_spectrum"; }
  std::vector<std::string> modalities() const override { return {settings_.modality}; }
  int64_t width() const override { return settings_.width; }
  // The mean over the tokens; layer: of that block, not normed.
  Embedded embed(const modalities::Batch& batch, const EmbedRequest& request) const override;
  std::map<std::string, int64_t> pools() const override { return {{"tokens", token_width()}}; }
  TokenRows token_rows(const modalities::Batch& batch, const EmbedRequest& request) const override;
  void forget(uint64_t seed) override;
  nn::Parameters& parameters() override { return parameters_; }
  const MaskedSpectrumSettings& settings() const { return settings_; }
  void save(const std::filesystem::path& folder) const override;
  static std::unique_ptr<MaskedSpectrum> load(const std::filesystem::path& folder);

 private:
  struct Rebuilt {
    at::Tensor object_R, patch_R;  // of the hidden patches
    at::Tensor flux_Rp;            // in units of the scale
    at::Tensor scale_N;            // of what was seen
  };
  at::Tensor hidden_patches(const InputEmbedding::View& view, const modalities::Batch& batch, const DrawKey& key) const;
  struct Layout {  // of rows: whose they are, and where in its spectrum (0: the brightness, then the patches)
    std::vector<int64_t> object, position;
    nn::Ranges groups;
  };
  at::Tensor encode(const InputEmbedding::View& view, Layout& layout, const nn::DropKey& drop, int64_t layer) const;
  at::Tensor through(const nn::Encoder& blocks, const at::Tensor& x_RD, const Layout& layout, const nn::DropKey& drop,
                     int64_t depth = -1) const;
  at::Tensor line_Rp(const modalities::SpectrumBlock& seen, const at::Tensor& hidden_NP, const Rebuilt& rebuilt) const;
  Rebuilt rebuild_hidden(const modalities::SpectrumBlock& spectra, const at::Tensor& hidden_NP,
                         const nn::DropKey& drop) const;

  MaskedSpectrumSettings settings_;
  nn::Parameters parameters_;
  std::unique_ptr<ValueEmbeddingSpectrum> input_;
  nn::Encoder encoder_, decoder_;
  nn::LayerNorm norm_, decoder_norm_;
  nn::Linear to_flux_;
  at::Tensor mask_token_D_;
};

// Which patches are hidden: stretches of `in_a_row` until `share` of the usable ones are; at least one hidden and one
// seen where two are usable, else none. usable [N, P] and the answer: bytes, one object after the other.
std::vector<uint8_t> draw_hidden(const std::vector<uint8_t>& usable_NP, int64_t patches, double share, int64_t in_a_row,
                                 const std::vector<uint64_t>& object_hashes, const DrawKey& key);

}  // namespace asterism::models
