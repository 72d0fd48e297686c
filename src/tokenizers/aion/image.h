#pragma once
// AION-1's image codec: any subset of nine named bands of two surveys as a grid of FSQ codes, and back. One object
// serves every survey: Legacy Survey and Hyper Suprime-Cam images share its weights. Exactly the published arithmetic,
// but inputs are never changed, images below 96 pixels are padded with mask, masked pixels and those that are not
// finite are zero, channels and bands are checked, and HSC bands decode. With `reference_behaviour` the published
// defects are there where a comparison bit by bit needs them (docs/formats/model.md). Letters: B images, C given bands,
// K = 9 known bands, S = 96 pixels, d dimensions of a code, T = h w tokens.

#include "config/settings.h"
#include "nn/quantise.h"
#include "tokenizers/aion/magvit.h"
#include "tokenizers/aion/published_folder.h"
#include "tokenizers/tokenizer.h"

namespace asterism::tokenizers::aion {

struct ImageSettings {
  std::vector<int64_t> quantizer_levels{7, 5, 5, 5, 5};
  int64_t hidden_dims = 512, multisurvey_projection_dims = 54, n_compressions = 2, num_consecutive = 4,
          embedding_dim = 5;
  double range_compression_factor = 0.01, mult_factor = 10;
  bool reference_behaviour = false;
  void describe(config::Fields& fields);
};

// A band the codec knows. Images of each survey have a unit of their own there; ours are all in nanomaggies.
struct KnownBand {
  const char* name;      // "HSC-G"; blocks write it "hsc-g"
  double largest;        // clamp, in the survey's unit
  double per_nanomaggy;  // survey's unit in a nanomaggy: 10^((zero point - 22.5) / 2.5)
};
const std::vector<KnownBand>& known_bands();  // K, in the order of the network's channels

class AionImage : public Tokenizer {
 public:
  explicit AionImage(ImageSettings settings, uint64_t seed = 0);
  explicit AionImage(const PublishedFolder& folder);

  std::string kind() const override { return "aion_image"; }
  int64_t vocabulary() const override { return fsq_.vocabulary(); }
  int64_t num_tokens() const override { return grid() * grid(); }  // row-major
  int64_t grid() const;                                            // tokens a side of a 96 x 96 image
  Tokens encode(const modalities::Block& block) const override;
  // Bands of the request, default all nine, in nanomaggies, on 96 x 96 pixels or as many as requested (cropped, or
  // padded with mask).
  modalities::Block decode(const Tokens& tokens, const DecodeRequest& request = {}) const override;
  // Half chi^2 per pixel, residuals beyond 8 sigma linear. Figures: chi2_per_pixel, codes_used, perplexity.
  nn::Outcome loss(const modalities::Block& block) override;
  nn::Parameters& parameters() override { return parameters_; }
  void save(const std::filesystem::path& folder) const override;

  // The same on tensors, as the package has it: flux [B, C, H, W] in the unit of each band's survey, names as in
  // known_bands(). UserError: unknown or repeated bands, another number of them than channels (with
  // `reference_behaviour`: more of them than channels).
  at::Tensor latent(const at::Tensor& flux_BCHW, const std::vector<std::string>& bands) const;  // [B, d, h, w]
  at::Tensor ids(const at::Tensor& latent_Bdhw) const;                                          // int64 [B, T]
  at::Tensor decode_all(const at::Tensor& ids_BT) const;  // [B, 9, H, W], nanomaggies
  at::Tensor decode(const at::Tensor& ids_BT, const std::vector<std::string>& bands) const;  // [B, C, H, W], survey's
  // How far each vector is from the nearest edge between two codes, in levels: [B, T].
  at::Tensor margin(const at::Tensor& latent_Bdhw) const;

  const ImageSettings& settings() const { return settings_; }

 private:
  void build(const nn::Scope& scope);
  at::Tensor network_input(const at::Tensor& flux_BCSS, const std::vector<int64_t>& places, bool survey_unit) const;
  Tokens encode_on_device(const modalities::ImageBlock& block, const std::vector<int64_t>& places) const;
  at::Tensor encode_input(const at::Tensor& x_BCSS, const std::vector<int64_t>& places) const;
  at::Tensor decode_codes(const at::Tensor& codes_Bdhw, const std::vector<int64_t>& places) const;  // asinh / scale

  ImageSettings settings_;
  nn::Parameters parameters_;
  MagVit network_;
  at::Tensor in_weight_, in_bias_, out_weight_, out_bias_;
  nn::Conv2d to_code_, from_code_;
  nn::Fsq fsq_;
};

}  // namespace asterism::tokenizers::aion
