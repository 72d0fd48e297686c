#pragma once
// AION-1's codec of a segmentation map: a field of numbers from 0 to 1 as a grid of FSQ codes, by the convolutional
// autoencoder of VQ-VAE, and back. The file holds a second, averaged copy of the weights, which inference does not use;
// it is kept and saved again. Maps below 96 pixels are padded with 0 (reference: cut wrongly).
//
// Of a dataset's maps (blocks of kind map) it reads those of one layer: shares from 0 to 1, or labels, which count as 1
// where they are not 0. Masked pixels count as 0.
// Letters: B maps, d dimensions of a code, T = h w tokens.

#include "config/settings.h"
#include "nn/conv.h"
#include "nn/quantise.h"
#include "tokenizers/aion/published_folder.h"
#include "tokenizers/tokenizer.h"

namespace asterism::tokenizers::aion {

struct SegmentationMapSettings {
  int64_t encoder_output_dim = 512, decoder_input_dim = 0, embedding_dim = 0;  // 0: as encoder_output_dim
  std::vector<int64_t> levels{8, 5, 5, 5};
  int64_t res_hidden_dims = 64, num_res_layers = 2, num_downsamples = 3;
  double output_activation_extension = 0;
  bool variational = false;  // true is refused: the published class cannot quantise it either
  // of the package's own training; kept
  double lr = 1e-3, quantisation_loss_weight = 1, ema_decay = 0.9999;
  int64_t lr_warmup = 0, begin_cosine_annealing = 0, lr_cosine_period = 0, ema_update_freq = 1;
  bool ema_model_weights = false;
  bool reference_behaviour = false;
  void describe(config::Fields& fields);
};

class AionSegmentationMap : public Tokenizer {
 public:
  explicit AionSegmentationMap(SegmentationMapSettings settings, uint64_t seed = 0);
  explicit AionSegmentationMap(const PublishedFolder& folder);

  std::string kind() const override { return kSegmentationMapKind; }
  int64_t vocabulary() const override { return fsq_.vocabulary(); }
  int64_t grid() const { return 96 >> settings_.num_downsamples; }
  int64_t num_tokens() const override { return grid() * grid(); }
  Tokens encode(const modalities::Block& block) const override;
  // One layer "segmentation" of 96 x 96 pixels.
  modalities::Block decode(const Tokens& tokens, const DecodeRequest& request = {}) const override;
  // Mean square error of the pixels that are not masked, as the package trains; batch norms keep their statistics.
  nn::Outcome loss(const modalities::Block& block) override;

  at::Tensor latent(const at::Tensor& field_BHW) const;    // [B, H, W] or [B, 1, H, W] -> [B, d, h, w]
  at::Tensor ids(const at::Tensor& latent_Bdhw) const;     // int64 [B, T]
  at::Tensor decode(const at::Tensor& ids_BT) const;       // [B, H, W] in 0..1
  at::Tensor margin(const at::Tensor& latent_Bdhw) const;  // as AionImage::margin
  nn::Parameters& parameters() override { return parameters_; }
  void save(const std::filesystem::path& folder) const override;
  const SegmentationMapSettings& settings() const { return settings_; }

 private:
  // x + conv1x1(relu(norm(conv3x3(relu x))))
  struct Residual {
    nn::Conv2d conv, pointwise;
    at::Tensor weight, bias, mean, variance;  // of the batch norm
    at::Tensor operator()(const at::Tensor& x) const;
  };
  static Residual residual(const nn::Scope& scope, int64_t channels, int64_t hidden);
  void build(const nn::Scope& scope);
  at::Tensor draw(const at::Tensor& codes_Bdhw) const;  // [B, H, W], not yet clamped

  SegmentationMapSettings settings_;
  nn::Parameters parameters_;
  std::map<std::string, at::Tensor> extras_;
  std::vector<nn::Conv2d> downs_;
  std::vector<nn::ConvTranspose2d> ups_;
  nn::Conv2d mix_, to_code_, from_code_;
  nn::ConvTranspose2d unmix_;
  std::vector<Residual> encoder_, decoder_;
  nn::Fsq fsq_;
};

}  // namespace asterism::tokenizers::aion
