#pragma once
// A spectrum on any wavelength grid as one normalisation token and a row of code tokens: rebinned onto the codec's own
// grid with inverse-variance weights, divided by a robust scale, through a 1-D ConvNeXt V2 and a quantiser, and back.
// After AION's spectrum codec (ConvNeXt V2 + LFQ), with these differences: masked pixels never enter, rebinning keeps
// the information of every pixel, the scale is a median beside the noise and may follow any spectrum (not floored at
// 0.1), the grid may be logarithmic.

#include "nn/convnext.h"
#include "nn/quantiser.h"
#include "nn/whitening.h"
#include "tokenizers/spectrum_grid.h"

namespace asterism::tokenizers {

// The latent grid is the SpectrumGrid's; its pixels are a multiple of the product of the strides.
struct SpectrumCodecSettings : SpectrumGridSettings, nn::QuantiserSettings {
  std::vector<int64_t> strides{4, 2, 2, 2}, depths{1, 1, 2, 1}, widths{32, 48, 64, 96};
  int64_t output_width = 16, output_depth = 0;  // of the decoder's last stage, at full resolution
  double error_floor =
      0.03;  // of the scale, added in quadrature to the noise in the loss, so that bright objects do not own it
  double huber_sigma = 8;  // residuals beyond count linearly in the loss; 0: plain chi^2
  void describe(config::Fields& fields);
};

class SpectrumCodec : public Tokenizer {
 public:
  explicit SpectrumCodec(SpectrumCodecSettings settings, uint64_t seed = 0);

  std::string kind() const override { return "spectrum_conv"; }
  int64_t vocabulary() const override;  // the larger of the code book and norm_bins
  int64_t num_tokens() const override;  // 1 + pixels / product of strides; token 0 is the normalisation
  Tokens encode(const modalities::Block& block) const override;
  // As SpectrumGrid::drawn.
  modalities::Block decode(const Tokens& tokens, const DecodeRequest& request = {}) const override;
  // Figures: chi2_per_pixel (noise alone, on the latent grid), reconstruction, penalty, codes_used, perplexity.
  nn::Outcome loss(const modalities::Block& block) override { return learn({{&block}, {}}); }
  nn::Outcome learn(const Lesson& lesson) override;  // spectra of all blocks through the network together
  nn::Parameters& parameters() override { return parameters_; }
  void save(const std::filesystem::path& folder) const override;

  const SpectrumCodecSettings& settings() const { return settings_; }
  const std::vector<double>& latent_edges() const { return grid_.edges(); }  // [pixels + 1]
  int64_t code_tokens() const { return num_tokens() - 1; }
  int64_t code_vocabulary() const;

  // The scale that a normalisation token stands for: int64 [...] -> float32 [...].
  at::Tensor scale_of(const at::Tensor& norm_ids) const { return grid_.scale_of(norm_ids); }

 private:
  at::Tensor encode_latent(const at::Tensor& flux_ML, const at::Tensor& ivar_ML) const;  // -> [M, T, d]
  at::Tensor decode_codes(const at::Tensor& codes_MTd) const;                            // -> flux / scale [M, L]

  SpectrumCodecSettings settings_;
  nn::Parameters parameters_;
  SpectrumGrid grid_;
  nn::ConvNextEncoder encoder_;
  nn::Linear to_code_, from_code_;
  nn::Whitening code_norm_;
  nn::ConvNextDecoder decoder_;
  nn::LayerNorm output_norm_;
  nn::Linear output_;
  nn::Quantiser quantiser_;
};

}  // namespace asterism::tokenizers
