#pragma once
// Images of any bands of any surveys as a grid of code tokens. Each band enters and leaves through weights by its name,
// or computed from what it is (band_table.h: then bands never seen can be read and drawn); flux is asinh-scaled by the
// band's or the image's noise, and inverse variance and mask are inputs too. After AION's image codec (MAGVIT-v2
// residual units + FSQ) with these differences: per-pixel variance and mask are read, the loss is chi^2, small images
// are padded with mask, the quantiser is a choice.

#include "nn/conv.h"
#include "nn/norm.h"
#include "nn/residual.h"
#include "nn/whitening.h"
#include "tokenizers/band_table.h"
#include "tokenizers/image_codec_settings.h"
#include "tokenizers/tokenizer.h"

namespace asterism::tokenizers {

class ImageCodec : public Tokenizer {
 public:
  explicit ImageCodec(ImageCodecSettings settings, uint64_t seed = 0);

  std::string kind() const override { return "image_conv"; }
  int64_t vocabulary() const override { return vocabulary_; }
  int64_t num_tokens() const override { return code_tokens() + (settings_.norm_bins > 0 ? 1 : 0); }
  int64_t code_tokens() const { return of_whole() ? settings_.tokens : grid() * grid(); }  // a grid row-major
  int64_t grid() const;  // places a side, where tokens stand for places
  bool of_whole() const override { return settings_.tokens > 0; }
  Tokens encode(const modalities::Block& block) const override;
  // Bands of the request (default: those trained with; any that the embedding knows, observed or not) on size x size
  // pixels, or cropped / padded with mask about the centre to the request's size.
  modalities::Block decode(const Tokens& tokens, const DecodeRequest& request = {}) const override;
  // Figures: chi2_per_pixel (noise alone), reconstruction, penalty (where the quantiser has one), codes_used,
  // perplexity.
  nn::Outcome loss(const modalities::Block& block) override { return learn({{&block}, {}}); }
  nn::Outcome learn(const Lesson& lesson) override;  // images of all blocks through the network together
  void fit(const modalities::Block& block) override { fit_all({{&block}, {}}); }
  // Bands, their wavelengths, noise and, where physical, pixel scale and PSF.
  void fit_all(const Lesson& lesson) override;
  nn::Parameters& parameters() override { return parameters_; }
  void to(const at::Device& device) override;  // also before it knows its bands
  void save(const std::filesystem::path& folder) const override;

  const ImageCodecSettings& settings() const { return settings_; }

  // The present objects of a block as the encoder sees them: N objects of the block, M of them present with at least
  // one good pixel, C bands, S = size pixels a side.
  struct Input {
    int64_t n = 0;                    // N
    at::Tensor rows_M;                // int64, their places in the block
    at::Tensor norm_ids_M;            // the first token, where there is one: int64
    at::Tensor flux_MCSS, ivar_MCSS;  // in units of the noise (and the brightness); 0 where not good
    BandsSeen seen;
  };
  enum class Bands { all, learned };  // learned: without those that are left out
  Input prepare(const modalities::Block& block, Bands which = Bands::all) const;  // UserError as encode

 private:
  void build();  // once bands and noise are known
  void check_built() const;
  void describe_bands(const std::vector<const modalities::ImageBlock*>& blocks);  // into the settings, where not given
  BandsSeen requested(const DecodeRequest& request, std::vector<modalities::Band> bands, int64_t n) const;
  // Names hidden, instruments changed, bands hidden (their ivar is 0 in what it returns): by (seed, epoch, object).
  at::Tensor changed_at_random(Input& input, const Lesson& lesson, size_t block) const;
  at::Tensor mix(const at::Tensor& flux_MCSS, const at::Tensor& ivar_MCSS,
                 const BandsSeen& seen) const;                             // [M, E, S, S]
  at::Tensor encode_latent(const at::Tensor& mixed_MESS) const;            // [M, T, d]
  at::Tensor decode_codes(const at::Tensor& codes_MTd) const;              // [M, E, S, S]
  at::Tensor draw(const at::Tensor& x_MESS, const BandsSeen& seen) const;  // flux / noise [M, C, S, S]

  ImageCodecSettings settings_;
  uint64_t seed_ = 0;
  nn::Parameters parameters_;
  at::Device device_ = at::kCPU;  // where what is built will compute
  int64_t vocabulary_ = 0, code_vocabulary_ = 0;
  nn::Quantiser quantiser_;
  BandTable bands_;
  at::Tensor mix_bias_;
  nn::Conv2d stem_, to_code_, from_code_, to_pixels_, smooth_;
  nn::LayerNorm norm_;
  nn::Linear to_tokens_, from_tokens_;  // instead of to_code_, from_code_ where tokens are of the image
  nn::Whitening code_norm_;
  std::vector<nn::Conv2d> downs_;
  std::vector<nn::PixelShuffleUp> ups_;
  std::vector<std::vector<nn::ResidualUnit>> encoder_units_, decoder_units_;
};

}  // namespace asterism::tokenizers
