#pragma once
// A spectral cube of any size on any wavelength grid as a grid of tokens: for each patch of spaxels a normalisation and
// a row of codes along the wavelength. The spaxels are rebinned onto one grid, equal in log wavelength, with
// inverse-variance weights, and divided by a scale that is drawn smoothly between the patches. The spectra of a patch
// go through a 1-D ConvNeXt V2 together, then neighbouring patches are mixed, wavelength by wavelength; the way back is
// the same. Brightness is thus told by the normalisation tokens, and codes tell what spectra look like.
//
// Missing spaxels and planes are masked and never enter; a patch without any has the normalisation token 0 and comes
// back masked.

#include "nn/conv.h"
#include "nn/convnext.h"
#include "nn/linear.h"
#include "nn/norm.h"
#include "nn/quantiser.h"
#include "nn/whitening.h"
#include "tokenizers/cube_input.h"
#include "tokenizers/tokenizer.h"

namespace asterism::tokenizers {

class CubeCodec : public Tokenizer {
 public:
  explicit CubeCodec(CubeCodecSettings settings, uint64_t seed = 0);

  // Before the patches' tokens: the cube's height and width.
  static constexpr int64_t kSizeTokens = 2;

  std::string kind() const override { return "cube_conv"; }
  int64_t vocabulary() const override;  // the larger of the code book and norm_bins
  // Of a cube of settings.size x settings.size spaxels; others have more or fewer.
  int64_t num_tokens() const override { return num_tokens(settings_.size, settings_.size); }
  int64_t num_tokens(int64_t height, int64_t width) const;
  // ids [n, num_tokens(height, width of the block)]: height, width, then of each patch, row by row, its normalisation
  // and its codes from blue to red.
  Tokens encode(const modalities::Block& block) const override;
  // In the size that the tokens tell (the request's, where it has one: cropped or padded with mask about the centre),
  // on request.wavelength_angstrom, else on the latent grid; mask 1 outside of it and in patches without data. ivar is
  // 1 where mask is 0: a reconstruction has no variance of its own. UserError where objects differ in size.
  modalities::Block decode(const Tokens& tokens, const DecodeRequest& request = {}) const override;
  // Figures: chi2_per_pixel (noise alone, on the latent grid), reconstruction, penalty (where the quantiser has one),
  // codes_used, perplexity.
  nn::Outcome loss(const modalities::Block& block) override { return learn({{&block}, {}}); }
  nn::Outcome learn(const Lesson& lesson) override;  // block by block through the network: their sizes may differ
  nn::Parameters& parameters() override { return parameters_; }
  void save(const std::filesystem::path& folder) const override;

  const CubeCodecSettings& settings() const { return settings_; }
  std::vector<double> latent_wavelengths() const;  // [pixels], centres
  int64_t code_vocabulary() const { return quantiser_.vocabulary(); }

 private:
  // Neighbouring patches of one wavelength: depthwise convolution, norm, two linear layers, residual.
  struct MixBlock {
    MixBlock(const nn::Scope& scope, int64_t width);
    at::Tensor operator()(const at::Tensor& x_BghD) const;
    nn::Conv2d neighbours;
    nn::LayerNorm norm;
    nn::Linear up, down;
  };
  // Objects that go through the networks together, on their device: M of them, P patches.
  struct Part {
    int64_t M = 0;
    PatchGrid grid;
    at::Tensor cell_P, brightness_XF;  // of all X = M G patches
    at::Tensor flux_PSL, ivar_PSL, lsf_PL;
    double pixel_scale_arcsec = 0;
  };
  CubeInput read(const modalities::Block& block) const;
  Part part_of(const CubeInput& input, int64_t first, int64_t count) const;
  at::Tensor brightness(const at::Tensor& norm_ids_MG) const;  // [M G, F]
  at::Tensor mixed(const std::vector<MixBlock>& blocks, const at::Tensor& x_PTD, const Part& part) const;
  at::Tensor encode_latent(const Part& part) const;                              // [P, T, d]
  at::Tensor decode_codes(const at::Tensor& codes_PTd, const Part& part) const;  // flux / scale [P, S, L]
  // What tokens are drawn onto: K wavelengths between the latent pixels `left` and the next, height x width.
  struct Canvas {
    PatchGrid grid;
    at::Tensor left, share, inside;  // [K]
    at::Tensor flux, good;           // [n, K, height, width]
  };
  void paint(const Tokens& tokens, Canvas& canvas) const;
  nn::Outcome learn_block(const modalities::Block& block);
  PatchGrid grid_of(const Tokens& tokens, const DecodeRequest& request) const;  // UserError where there is none

  CubeCodecSettings settings_;
  nn::Parameters parameters_;
  std::vector<double> edges_;
  nn::ConvNextEncoder encoder_;
  nn::Linear brightness_in_, instrument_, to_code_, from_code_, brightness_out_, output_;
  std::vector<MixBlock> mix_in_, mix_out_;
  nn::LayerNorm code_layer_norm_, output_norm_;
  nn::Whitening code_norm_;
  nn::Quantiser quantiser_;
  nn::ConvNextDecoder decoder_;
};

}  // namespace asterism::tokenizers
