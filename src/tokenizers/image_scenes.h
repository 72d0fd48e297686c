#pragma once
// An image of any bands of any survey as the source in its middle: brightness, size, shape and place (scene_tokens.h),
// and a few tokens of coefficients that say how its light is spread over radius and wavelength (scene_templates.h). Of
// an image is used what the survey says of it: wavelength and width of the bands, PSF, pixel scale, variance, mask; so
// the same source has nearly the same tokens whoever observed it, and is drawn in bands, seeings and pixels that were
// never seen. All is found from the image, in closed form or by a few steps of least squares; what is learned are the
// templates: at once (scene_fit.h), then by gradient. What it does not draw: neighbours, arms, and whatever else is not
// an ellipse about the centre; the image codecs by convolution do.

#include "tokenizers/image_grid.h"
#include "tokenizers/scene_reading.h"

namespace asterism::tokenizers {

struct ImageScenesSettings : ImageGridSettings {
  ImageScenesSettings();
  std::string band_embedding = "physical";  // or "name": every band a wavelength of its own, as codecs by name have
  std::vector<double> knots_angstrom{2500, 3300, 4100, 5000, 6200, 7600, 9200, 11500, 14500, 19000};
  std::vector<double> pixel_scales_arcsec, psf_fwhm_arcsec;  // typical of the bands; set by fit where empty
  double brightness_low = -3, brightness_high = 5;           // log10 of the flux, in the unit
  double reach_arcsec = 2;                                   // of a centre from the middle of the image
  int64_t galaxy_directions = 24, point_directions = 14;
  int64_t tokens = 14, token_bits = 12;  // of the coefficients
  double error_floor = 0.005;  // of the flux of a pixel, added in quadrature to its noise: what cannot be expected to
                               // fit
  double huber_sigma = 0;      // residuals beyond count linearly in the loss; 0: plain chi^2
  int64_t fit_rounds = 20;
  double fit_bend = 1, fit_size = 0.01, fit_roughness = 1, fit_unseen = 0.3, fit_beyond = 1;
  std::vector<double> posing{1.5, 2};  // scene_sorting.h
  double posing_weight = 0.03;         // scene_fit.h
  void describe(config::Fields& fields);
};

class ImageScenes : public Tokenizer {
 public:
  explicit ImageScenes(ImageScenesSettings settings, uint64_t seed = 0);

  std::string kind() const override { return "image_scenes"; }
  int64_t vocabulary() const override;  // the larger of norm_bins and 2^token_bits
  int64_t num_tokens() const override { return kSceneHead + settings_.tokens; }
  bool of_whole() const override { return true; }
  // Any bands with a wavelength (by name: those learned from), in any order, any number. A PSF or pixel scale that is
  // not known is taken to be that of the nearest band learned from.
  Tokens encode(const modalities::Block& block) const override;
  // Bands of the request, observed or not (default: those learned from), through its PSF, on its pixels: size x size,
  // or cropped / padded with mask about the centre to the request's size.
  modalities::Block decode(const Tokens& tokens, const DecodeRequest& request = {}) const override;
  // float32 [n, 6 + directions of both]: ln of the brightness, 1 for a point, ln of the size, both ellipticities (0 of
  // a point), then x and y; the coefficients in standard deviations, each kind in its own columns.
  at::Tensor vectors(const Tokens& tokens) const override;
  nn::Outcome loss(const modalities::Block& block) override { return learn({{&block}, {}}); }
  // Figures: chi2_per_pixel (noise alone), reconstruction.
  nn::Outcome learn(const Lesson& lesson) override;
  void fit(const modalities::Block& block) override { fit_all({{&block}, {}}); }
  // Bands, their noise, PSFs and pixel scales, then the templates. UserError: too few images.
  void fit_all(const Lesson& lesson) override;
  nn::Parameters& parameters() override { return parameters_; }
  void to(const at::Device& device) override;  // also before it knows its bands
  void save(const std::filesystem::path& folder) const override;

  const ImageScenesSettings& settings() const { return settings_; }

 private:
  // Present images with a good pixel; ivar 0 where not good.
  struct Input {
    int64_t n = 0;
    at::Tensor rows_M, ivar_MCSS;
    std::vector<modalities::Band> bands;
    ScenePixels pixels;
  };
  enum class Bands { all, learned };  // learned: without those that are left out
  struct Coded {
    at::Tensor ids_MT;   // int64, all tokens
    at::Tensor point_M;  // bool
  };
  void learn_settings(const ImageBlocks& blocks);
  void build();
  void check_built() const;
  size_t nearest_learned(const modalities::Band& band) const;
  Input prepare(const modalities::Block& block, Bands which) const;
  Coded code(const ScenePixels& pixels) const;
  // Fluxes [M, C, S, S] of images of these tokens, all of one kind, where the templates are; differentiable in them.
  at::Tensor draw(SceneKind kind, const at::Tensor& ids_MT, const at::Tensor& psf_fwhm_MC, double pixel_scale_arcsec,
                  const at::Tensor& weights_CL) const;
  const SceneTemplates& templates(SceneKind kind) const { return kind == SceneKind::point ? points_ : galaxies_; }

  ImageScenesSettings settings_;
  uint64_t seed_ = 0;
  at::Device device_ = at::kCPU;
  nn::Parameters parameters_;
  SceneTokens tokens_;
  std::optional<BandWeights> bands_;
  SceneTemplates points_, galaxies_;
};

}  // namespace asterism::tokenizers
