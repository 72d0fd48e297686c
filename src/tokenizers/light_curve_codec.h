#pragma once
// A light curve of any cadence and any bands as a few tokens, and back at any time in any band. The numbers that one
// would read off first (when it was brightest, how bright, how blue, how much it varies, over how long, at which
// period) are tokens of their own, light_curve_header.h; what is left goes as a set of points through attention into
// latents that are quantised. A curve is drawn point by point: a learned query of time, phase and wavelength looks at
// the tokens and becomes weights of learned shapes, sines of phase and sines of time. The last tokens say what kind of
// variation it is (light_curve_shape.h); nothing is drawn from them.
//
// Points without a known error count with `unknown_error`. Upper limits are ignored, or (limits = "censored") read as
// points with a flag, hidden as points are, and learned by the probability that the measurement lies beyond the limit;
// an object's points and its limits weigh alike.

#include "nn/quantiser.h"
#include "nn/transformer.h"
#include "nn/whitening.h"
#include "tokenizers/curves_to_draw.h"
#include "tokenizers/light_curve_input.h"
#include "tokenizers/light_curve_shape.h"
#include "tokenizers/tokenizer.h"

namespace asterism::tokenizers {

class LightCurveCodec : public Tokenizer {
 public:
  explicit LightCurveCodec(LightCurveCodecSettings settings, uint64_t seed = 0);

  std::string kind() const override { return "light_curve_points"; }
  int64_t vocabulary() const override;  // the larger of the code book and norm_bins
  int64_t num_tokens() const override { return kHeaderTokens + settings_.latents + kShapeTokens; }
  bool of_whole() const override { return true; }
  // Objects without a good point are absent.
  Tokens encode(const modalities::Block& block) const override;
  // At request.points, else at 64 times from the first point to the last in the settings' bands (without any, in one
  // band, "reference"). Errors are 0: a reconstruction has none of its own.
  modalities::Block decode(const Tokens& tokens, const DecodeRequest& request = {}) const override;
  // Figures: chi2_seen and chi2_hidden (per point with a known error, by that error alone), reconstruction, penalty,
  // codes_used, perplexity; limits_kept (share of the hidden limits that the curve stays beyond) where there are any.
  nn::Outcome loss(const modalities::Block& block) override { return learn({{&block}, {}}); }
  nn::Outcome learn(const Lesson& lesson) override;  // light curves of all blocks together
  // Numbers and bumps along them (of the header level, slope, scale, period, share that is periodic, not the times; of
  // the shape all), bumps over level and period together, and the codes.
  at::Tensor vectors(const Tokens& tokens) const override;
  nn::Parameters& parameters() override { return parameters_; }
  void save(const std::filesystem::path& folder) const override;

  const LightCurveCodecSettings& settings() const { return settings_; }
  int64_t code_vocabulary() const { return quantiser_.vocabulary(); }

 private:
  // Points that are drawn: each looks at the tokens, not at each other.
  struct DrawBlock {
    DrawBlock(const nn::Scope& scope, const LightCurveCodecSettings& settings);
    nn::LayerNorm query_norm, context_norm, mlp_norm;
    nn::CrossAttention attention;
    nn::Mlp mlp;
  };
  // What the tokens of M objects say: T = latents + 1 vectors, and the weights of C curves.
  struct Memory {
    at::Tensor tokens_MTD, weights_MC, header_MF;
  };

  at::Tensor encode_latent(const LightCurveInput& input) const;  // -> [M, K, d]
  Memory remember(const at::Tensor& codes_MKd, const at::Tensor& header_MF) const;
  at::Tensor draw(const Memory& memory, const CurvePlaces& places) const;                   // -> [M, P], over the scale
  at::Tensor place_features(const CurvePlaces& places, const at::Tensor& header_MF) const;  // -> [M, P, G]
  // Of tokens that are present: header numbers, their features and the codes of the others.
  struct Read {
    std::vector<LightCurveHeader> headers;
    at::Tensor header_MF, codes_MKd, shape_MF;
  };
  Read read(const at::Tensor& ids_MT) const;
  CurveSpan span_of(const at::Tensor& ids_T) const;

  LightCurveCodecSettings settings_;
  nn::Parameters parameters_;
  at::Tensor time_frequencies_, colour_frequencies_, harmonics_;
  nn::Mlp point_;
  nn::Linear summary_, header_in_, header_out_;
  at::Tensor queries_KD_, places_KD_;
  nn::Decoder encoder_;
  nn::LayerNorm encoder_norm_, memory_norm_, output_norm_;
  nn::Linear to_code_, from_code_, shapes_, weights_;
  nn::Whitening code_norm_;
  nn::Quantiser quantiser_;
  nn::Encoder memory_;
  nn::Mlp place_;
  std::vector<DrawBlock> draw_;
};

}  // namespace asterism::tokenizers
