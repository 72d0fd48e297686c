#pragma once
// Images of any bands as a grid of code tokens. Each band enters through weights of its own, by name from a table or
// computed from its wavelength and width (then bands never seen can be read and drawn); flux is asinh-scaled by the
// band's noise, and inverse variance and mask are inputs too. After AION's image codec (MAGVIT-v2 residual units + FSQ)
// with these differences: per-pixel variance and mask are read, the loss is chi^2, small images are padded with mask.

#include "config/settings.h"
#include "nn/conv.h"
#include "nn/norm.h"
#include "nn/quantise.h"
#include "nn/residual.h"
#include "nn/whitening.h"
#include "tokenizers/band_table.h"
#include "tokenizers/tokenizer.h"

namespace asterism::tokenizers {

struct ImageCodecSettings {
  std::string unit = "nanomaggy";
  int64_t size = 64;  // pixels a side: larger images are cropped about the centre, smaller ones padded with mask
  std::vector<std::string>
      bands;  // names it is trained with, in the order that decode gives by default; set by fit when empty
  std::vector<double> wavelengths_angstrom, widths_angstrom,
      noise;  // of these bands; set by fit where empty. noise: softening of asinh, in flux units
  std::string band_embedding = "table";               // "table" or "physical"
  int64_t embed = 16;                                 // channels that the bands are mixed into, at full resolution
  int64_t patch = 2;                                  // the first step down, by a convolution of this kernel and stride
  std::vector<int64_t> widths{32, 64}, depths{1, 1};  // per stage; each further stage halves the size
  std::vector<int64_t> levels{8, 5, 5, 5};
  double error_floor = 0.03;  // of the flux of a pixel, added in quadrature to the noise in the loss
  double huber_sigma = 8;     // residuals beyond count linearly in the loss; 0: plain chi^2
  void describe(config::Fields& fields);
};

class ImageCodec : public Tokenizer {
 public:
  explicit ImageCodec(ImageCodecSettings settings, uint64_t seed = 0);

  std::string kind() const override { return "image_conv"; }
  int64_t vocabulary() const override { return fsq_.vocabulary(); }
  int64_t num_tokens() const override { return grid() * grid(); }  // row-major
  int64_t grid() const;                                            // tokens a side
  Tokens encode(const modalities::Block& block) const override;
  // Bands of the request (default: those trained with) on size x size pixels, or cropped / padded with mask about the
  // centre to the request's size.
  modalities::Block decode(const Tokens& tokens, const DecodeRequest& request = {}) const override;
  // Figures: chi2_per_pixel (noise alone), reconstruction, codes_used, perplexity.
  nn::Outcome loss(const modalities::Block& block) override;
  void fit(const modalities::Block& block) override;  // bands, their wavelengths and their noise
  nn::Parameters& parameters() override { return parameters_; }
  void save(const std::filesystem::path& folder) const override;

  const ImageCodecSettings& settings() const { return settings_; }

  // The present objects of a block as the encoder sees them: N objects of the block, M of them present with at least
  // one good pixel, C bands, S = size pixels a side.
  struct Input {
    int64_t n = 0;                    // N
    at::Tensor rows_M;                // int64, their places in the block
    at::Tensor flux_MCSS, ivar_MCSS;  // in units of the band's noise; 0 where not good
    at::Tensor noise_C;
    std::vector<modalities::Band> bands;
  };
  Input prepare(const modalities::Block& block) const;  // UserError as encode

 private:
  void build();  // once bands and noise are known
  void check_built() const;
  at::Tensor encode_latent(const at::Tensor& flux_MCSS, const at::Tensor& ivar_MCSS,
                           const std::vector<modalities::Band>& bands) const;  // -> [M, g, g, d]
  at::Tensor decode_codes(const at::Tensor& codes_MGGd,
                          const std::vector<modalities::Band>& bands) const;  // -> flux / noise [M, C, S, S]

  ImageCodecSettings settings_;
  uint64_t seed_ = 0;
  nn::Parameters parameters_;
  nn::Fsq fsq_;
  BandTable bands_;
  at::Tensor mix_bias_;
  nn::Conv2d stem_, to_code_, from_code_, to_pixels_, smooth_;
  nn::LayerNorm norm_;
  nn::Whitening code_norm_;
  std::vector<nn::Conv2d> downs_;
  std::vector<nn::PixelShuffleUp> ups_;
  std::vector<std::vector<nn::ResidualUnit>> encoder_units_, decoder_units_;
};

}  // namespace asterism::tokenizers
