#pragma once
// AION-1's spectrum codec: one token for the level and a row of lookup-free codes for the shape, from any survey's
// wavelengths onto a linear grid, and back. One object serves every survey. Exactly the published arithmetic (flux of
// masked pixels enters as it is; only the level leaves them out), but inputs are never changed.
// Letters: B spectra, N pixels, L pixels of the latent grid, T codes of a spectrum, d dimensions of a code.

#include "config/settings.h"
#include "nn/convnext.h"
#include "nn/quantise.h"
#include "tokenizers/aion/published_folder.h"
#include "tokenizers/tokenizer.h"

namespace asterism::tokenizers::aion {

struct SpectrumSettings {
  std::vector<int64_t> encoder_depths{3, 3, 9, 3}, encoder_dims{96, 192, 384, 768}, decoder_depths{3, 3, 9, 3},
      decoder_dims{384, 192, 96, 1};  // the last of decoder_dims: flux, or flux and mask
  double lambda_min = 3500, resolution = 0.8;
  int64_t num_pixels = 8704, latent_channels = 512, embedding_dim = 10;
  double clip_ivar = 100, clip_flux = 0;  // 0: not clipped (null in the file)
  double input_scaling = 0.2;
  std::vector<double> normalization_range{-1, 5};  // of log10(level + 1)
  int64_t codebook_size = 1024, dim = 10;
  bool reference_behaviour = false;
  void describe(config::Fields& fields);
};

class AionSpectrum : public Tokenizer {
 public:
  explicit AionSpectrum(SpectrumSettings settings, uint64_t seed = 0);
  explicit AionSpectrum(const PublishedFolder& folder);

  std::string kind() const override { return "aion_spectrum"; }
  int64_t vocabulary() const override { return settings_.codebook_size; }
  int64_t num_tokens() const override;  // 1 + T; token 0 is the level
  Tokens encode(const modalities::Block& block) const override;
  // On request.wavelength_angstrom, else on the latent grid; mask 1 outside of it and where the codec draws a mask.
  modalities::Block decode(const Tokens& tokens, const DecodeRequest& request = {}) const override;
  // Half chi^2 per latent pixel in units of the level, the mask's cross-entropy, and the penalty of the codes. Pixels
  // that a masked one has a share in are masked; only the encoder reads masked fluxes.
  // Figures: chi2_per_pixel, reconstruction, penalty, codes_used, perplexity.
  nn::Outcome loss(const modalities::Block& block) override;
  nn::Parameters& parameters() override { return parameters_; }
  void save(const std::filesystem::path& folder) const override;

  // The same on tensors, as the package has it.
  struct Observed {
    at::Tensor flux_BN, ivar_BN, mask_BN, wavelength_BN;  // mask: true = bad
    std::vector<int64_t> lengths;                         // as in interpolate()
  };
  struct Latent {
    at::Tensor z_BdT;      // before the quantiser
    at::Tensor level_B;    // log10(level + 1), quantised
    at::Tensor level_ids;  // int64 [B]
  };
  Latent latent(const Observed& observed) const;
  at::Tensor ids(const Latent& latent) const;  // int64 [B, 1 + T]
  // What the bits are the signs of: z itself, or what `project_in` makes of it where the code has other dimensions.
  at::Tensor bits_of(const at::Tensor& z_BdT) const;  // [B, T, bits]

  struct Drawn {
    at::Tensor raw_BCL;                     // the decoder's output on the latent grid
    at::Tensor flux_BM, mask_BM, logit_BM;  // on the wavelengths asked for; mask true = bad
  };
  Drawn draw(const at::Tensor& ids_BT, const at::Tensor& wavelength_BM = {}) const;  // undefined: the latent grid

  at::Tensor level(const at::Tensor& ids_B) const;  // the level that token 0 stands for: fp32, at least 0.1

  const SpectrumSettings& settings() const { return settings_; }
  const at::Tensor& wavelength() const { return wavelength_; }  // of the latent grid, [1, L]

 private:
  struct Prepared;
  void build(const nn::Scope& scope);
  Prepared prepare(const modalities::SpectrumBlock& block, int64_t first, int64_t end) const;  // of its rows
  struct Scaled;
  Scaled scale(const Observed& observed) const;
  at::Tensor encode_channels(const at::Tensor& channels_B2L) const;  // -> z [B, d, T]
  at::Tensor decode_codes(const at::Tensor& codes_BTd) const;        // -> raw [B, C, L]
  at::Tensor raw(const at::Tensor& ids_BT) const;                    // the same of tokens
  Drawn drawn(const at::Tensor& raw_BCL, const at::Tensor& ids_BT, const at::Tensor& wavelength_BM) const;
  at::Tensor level_of(const at::Tensor& log_level) const;

  SpectrumSettings settings_;
  nn::Parameters parameters_;
  at::Tensor wavelength_, buckets_;
  nn::ConvNextEncoder encoder_;
  nn::ConvNextDecoder decoder_;
  nn::LayerNorm norm_;
  nn::Conv1d to_code_, from_code_;
  nn::Linear project_in_, project_out_;  // only where dim is not the number of bits
  nn::Lfq lfq_;
};

}  // namespace asterism::tokenizers::aion
