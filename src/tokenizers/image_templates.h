#pragma once
// An image as what it is made of and how it lies: a brightness token, a token of the set of templates and the pose (the
// angle and size in which they are drawn), and a few tokens of coefficients, of unequal levels each. All is found from
// the image: the pose from its second moments, the coefficients by least squares. What is learned are the templates:
// first in closed form (fit_all), then by gradient through the rounded coefficients. The search runs on the CPU,
// drawing and its gradient where the templates are. Principal components of images must learn each galaxy at every
// angle, and spend the bits of a star on everything else that an image may be; here stars and galaxies have their own.

#include "tokenizers/image_grid.h"
#include "tokenizers/image_template_sets.h"

namespace asterism::tokenizers {

struct ImageTemplatesSettings : ImageGridSettings {
  ImageTemplatesSettings();
  // Of each set: "none", "size" (stretched), "angle" (turned) or "both".
  std::vector<std::string> frames{"size", "angle"};
  int64_t angles = 32, sizes = 32;     // told apart in frames that are turned or stretched
  double size_low = 0, size_high = 0;  // pixels, of frames that are stretched; both 0: the data's
  double pixel_scale_arcsec = 0;       // of the images learned from, as sizes are in pixels; 0: the data's
  int64_t directions = 28, tokens = 7, token_bits = 10;
  double error_floor =
      0.01;                // of the flux of a pixel, added in quadrature to its noise: what cannot be expected to fit
  double huber_sigma = 0;  // residuals beyond count linearly in the loss; 0: plain chi^2
  int64_t fit_rounds = 5;
  void describe(config::Fields& fields);
};

class ImageTemplates : public Tokenizer {
 public:
  explicit ImageTemplates(ImageTemplatesSettings settings, uint64_t seed = 0);

  std::string kind() const override { return "image_templates"; }
  int64_t vocabulary() const override;  // the largest of norm_bins, all poses of all sets, 2^token_bits
  int64_t num_tokens() const override { return kHead + settings_.tokens; }
  bool of_whole() const override { return true; }
  // Any of the bands learned from, in any order; one that is missing is drawn as the others suggest. UserError: a band
  // that it does not know, or another pixel scale.
  Tokens encode(const modalities::Block& block) const override;
  // Bands of the request among those learned from (default: all) on size x size pixels, or cropped / padded with mask
  // about the centre to the request's size. Tokens beyond the last brightness, pose or level are read as the last.
  modalities::Block decode(const Tokens& tokens, const DecodeRequest& request = {}) const override;
  // float32 [n, 1 + sets + 3 + directions]: ln of the brightness, the set, cosine and sine of twice the angle and ln of
  // the stretch (0 where the set has none), the coefficients in standard deviations.
  at::Tensor vectors(const Tokens& tokens) const override;
  nn::Outcome loss(const modalities::Block& block) override { return learn({{&block}, {}}); }
  // Figures: chi2_per_pixel (noise alone), reconstruction.
  nn::Outcome learn(const Lesson& lesson) override;
  void fit(const modalities::Block& block) override { fit_all({{&block}, {}}); }
  // Bands, noise, sizes (of images of total signal-to-noise above 30), templates, from the images that have all bands.
  // UserError: too few of them. A set that no image needs keeps what it learned first.
  void fit_all(const Lesson& lesson) override;
  nn::Parameters& parameters() override { return parameters_; }
  void to(const at::Device& device) override;  // also before it knows its bands
  void save(const std::filesystem::path& folder) const override;

  const ImageTemplatesSettings& settings() const { return settings_; }
  const ImageTemplateSets& sets() const { return sets_; }

 private:
  static constexpr int64_t kHead = 2;  // tokens before the coefficients
  // Images in units of the noise times the brightness, bands as learned; ivar 0 where not good.
  struct Input {
    int64_t n = 0;
    at::Tensor rows_M, norm_ids_M, flux_MCSS, ivar_MCSS;
  };
  void learn_settings(const ImageBlocks& blocks);
  void fit_templates(const Lesson& lesson);
  void build();  // once bands, noise and sizes are known
  void check_built() const;
  std::vector<int64_t> places(const std::vector<modalities::Band>& bands) const;  // among those learned; -1: left out
  Input prepare(const modalities::Block& block) const;
  Input prepare_all(const Lesson& lesson) const;
  at::Tensor weight_of(const Input& input) const;
  // The codes of the images. How bright one is in a band that it lacks is what its templates say: its brightness, and
  // all that is in units of it, are corrected for that. (Pixels that are masked here and there are not: with its core
  // gone, an image does not say what it is.)
  ImageCodes coded(Input& input) const;
  at::Tensor brightness(const at::Tensor& ids_NT) const;  // [N]
  ImageCodes codes_of(const at::Tensor& ids_MT) const;

  ImageTemplatesSettings settings_;
  uint64_t seed_ = 0;
  at::Device device_ = at::kCPU;  // where what is built will compute
  nn::Parameters parameters_;
  ImageTemplateSets sets_;
  std::vector<int64_t> first_pose_;  // of each set among the values of the second token; one more at the end
};

}  // namespace asterism::tokenizers
