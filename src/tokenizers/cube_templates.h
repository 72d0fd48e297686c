#pragma once
// A spectral cube of any size on any wavelength grid as a few maps of templates at rest: a scale, the redshift of the
// whole, and, wave after wave of the field (cube_modes.h), what each template has of it. Light adds up, so that a cube
// behind a PSF is a sum of smooth maps times spectra; continuum, lines, their ratios and their shifts as a disc turns
// are all directions of the same templates. The redshift is found from the summed spectrum (ShiftScan); the maps are
// the most likely ones given all voxels and their variances. What is learned are the templates: first in closed form
// from joined spaxels of cubes of known redshift (fit_all), then by gradient through the rounded maps. They have
// `finer` pixels at rest to one of the grid: a line narrower than a pixel looks different wherever it falls in one.
//
// Masked voxels never enter; patches of kPatch x kPatch spaxels without a good one come back masked. The search runs on
// the CPU, drawing what is learned from and its gradient where the templates are.

#include <functional>

#include "config/settings.h"
#include "tokenizers/cube_input.h"
#include "tokenizers/cube_map_tokens.h"
#include "tokenizers/rest_templates.h"
#include "tokenizers/tokenizer.h"

namespace asterism::tokenizers {

class ShiftScan;

struct CubeTemplatesSettings {
  std::string unit = "1e-17 erg/s/cm^2/Angstrom";  // of a spaxel
  // Angstrom, vacuum, observed: outer edges of the grid, whose pixels are equal in the logarithm.
  double wavelength_low = 3620.3453, wavelength_high = 9093.8964;
  int64_t pixels = 800, finer = 4;
  int64_t size = 24;  // spaxels a side of the cubes that num_tokens() counts for; others are read all the same
  double redshift_low = 0, redshift_high = 0.3;
  int64_t directions = 18;
  double highest_frequency = 0.23;                          // of maps, cycles a spaxel
  std::vector<int64_t> ring_tokens{15, 14, 12, 11, 10, 9};  // of a wave, from the slowest ring to the fastest
  int64_t token_bits = 10;                                  // of these tokens
  int64_t norm_bins = 1024;
  double norm_low = -5, norm_high = 4;  // log10 of the scale
  double huber_sigma = 8;               // residuals beyond count linearly in the loss; 0: plain chi^2
  int64_t fit_rounds = 10;
  void describe(config::Fields& fields);
};

class CubeTemplates : public Tokenizer {
 public:
  explicit CubeTemplates(CubeTemplatesSettings settings, uint64_t seed = 0);

  static constexpr int64_t kPatch = 2;  // spaxels a side that are there or masked together

  std::string kind() const override { return "cube_templates"; }
  int64_t vocabulary() const override;
  // Of a cube of settings.size x settings.size spaxels; others have more or fewer.
  int64_t num_tokens() const override { return num_tokens(settings_.size, settings_.size); }
  int64_t num_tokens(int64_t height, int64_t width) const;
  bool of_whole() const override { return true; }  // waves go through the whole field
  // ids [n, num_tokens(height, width of the block)]: height, width, the scale, two of the redshift, which patches are
  // there, the maps' strengths, the waves.
  Tokens encode(const modalities::Block& block) const override;
  // In the size that the tokens tell (the request's, where it has one: cropped or padded with mask about the centre),
  // on request.wavelength_angstrom, else on the grid; mask 1 outside of it and in patches without data. ivar is 1 where
  // mask is 0: a reconstruction has no variance of its own. UserError where objects differ in size.
  modalities::Block decode(const Tokens& tokens, const DecodeRequest& request = {}) const override;
  // Of cubes of one size: float32 [n, 2 + J + J M]: ln of the scale, ln(1 + z), ln of the maps' strengths, and their
  // waves in units of what is usual.
  at::Tensor vectors(const Tokens& tokens) const override;
  at::Tensor redshifts(const Tokens& tokens) const override;
  nn::Outcome loss(const modalities::Block& block) override { return learn({{&block}, {}}); }
  // While training, redshifts of the lesson are used where they are known, otherwise found. Figures: chi2_per_pixel
  // (noise alone, on the grid), reconstruction, and, of cubes of known redshift, redshift_found: the share whose own is
  // right to 300 km/s (1 while training: it is given).
  nn::Outcome learn(const Lesson& lesson) override;
  // The tokens' levels alone, at the redshifts that the templates find.
  void fit(const modalities::Block& block) override { fit_tokens({{&block}, {}}); }
  void fit_all(const Lesson& lesson) override;  // UserError where too few cubes have a known redshift
  nn::Parameters& parameters() override { return parameters_; }
  void save(const std::filesystem::path& folder) const override;

  const CubeTemplatesSettings& settings() const { return settings_; }
  std::vector<double> wavelengths() const;  // [pixels], centres

 private:
  static constexpr int64_t kHead = 5;    // tokens before the patches
  static constexpr int64_t kFine = 128;  // places that the fifth token tells apart
  struct Frame {
    int64_t height = 0, width = 0;
    CubeModes modes;
    int64_t flag_tokens = 0;
  };
  struct Read {  // what one cube was read as
    int64_t row = 0;
    CubeRow cube;
    double redshift = 0;  // NaN: not known
  };
  Frame frame_of(int64_t height, int64_t width) const;
  Frame frame_of(const Tokens& tokens, const DecodeRequest& request) const;  // UserError where there is none
  // f(frame, read) of each cube of a lesson with a good value; returns how many objects there are in all.
  int64_t each(const Lesson& lesson, const std::function<void(const Frame&, const Read&)>& f) const;
  CubeNorm norm() const { return {settings_.norm_bins, settings_.norm_low, settings_.norm_high}; }
  int64_t place_of(const CubeRow& cube, const ShiftScan& scan) const;
  at::Tensor directions_at(const RestTemplates& templates, int64_t place) const;  // uncorrelated, [J, L finer]
  at::Tensor on_grid(const at::Tensor& directions) const;                         // [J, L]
  at::Tensor maps_of(const Frame& frame, const CubeRow& cube, const at::Tensor& x_JL) const;  // [J, M]
  at::Tensor flags_of(const Frame& frame, const CubeRow& cube) const;                         // int64 [flag_tokens]
  at::Tensor there(const Frame& frame, const at::Tensor& flags_T) const;                      // bool [S]
  int64_t place_in(const at::Tensor& ids_T) const;
  at::Tensor map_ids(const Frame& frame, const at::Tensor& ids_T) const;
  void learn_templates(const Lesson& lesson);
  void fit_tokens(const Lesson& lesson);

  CubeTemplatesSettings settings_;
  nn::Parameters parameters_;
  std::vector<double> edges_;
  RestTemplates templates_;
  at::Tensor basis_JJ_;  // statistic: from the templates (mean first) to directions uncorrelated in a usual cube's eyes
  CubeMapTokens map_tokens_;
};

}  // namespace asterism::tokenizers
