#pragma once
// A spectrum as what it is made of at rest and how far it is shifted: a normalisation token, two tokens of the set of
// templates and the redshift, and one token for each coefficient. The redshift is found from the spectrum (ShiftScan);
// the best coefficients given the templates are least squares with a prior, so that what is learned are the templates:
// first in closed form from spectra of known redshift (fit_all), then by gradient through the rounded coefficients.
// The search runs on the CPU, drawing and its gradient where the templates are.
// Principal components of observed spectra must learn each line at every redshift; these learn it once.

#include "tokenizers/rest_templates.h"
#include "tokenizers/shift_scan.h"
#include "tokenizers/spectrum_grid.h"

namespace asterism::tokenizers {

struct SpectrumTemplatesSettings : SpectrumGridSettings {
  SpectrumTemplatesSettings();
  // Of each set of templates; where ranges overlap, the spectra decide.
  std::vector<double> redshift_low{-0.003, 0.001, 0.1}, redshift_high{0.003, 1.5, 5.0};
  std::vector<int64_t> directions{10, 12, 12};
  int64_t levels = 1024;  // of each coefficient
  double reach = 6;       // standard deviations at which the outermost levels end
  double error_floor =
      0.01;                // of the scale, added in quadrature to the noise: what templates cannot be expected to fit
  double huber_sigma = 8;  // residuals beyond count linearly in the loss; 0: plain chi^2
  int64_t fit_rounds = 12;
  // One sigma of the line spread that the templates have: a spectrum that says a wider one is compared with templates
  // blurred to it, pixel by pixel. 0: what spectra say of it is not read.
  double lsf_kms = 0;
  void describe(config::Fields& fields);
};

class SpectrumTemplates : public Tokenizer {
 public:
  explicit SpectrumTemplates(SpectrumTemplatesSettings settings, uint64_t seed = 0);

  std::string kind() const override { return "spectrum_templates"; }
  int64_t vocabulary() const override;  // the largest of norm_bins, levels, kFine and the sets' parts
  int64_t num_tokens() const override;  // 3 + the most directions of a set; a set with fewer leaves the last at 0
  bool of_whole() const override { return true; }
  Tokens encode(const modalities::Block& block) const override;
  bool reads_line_spread() const override { return settings_.lsf_kms > 0; }
  // As SpectrumGrid::drawn. Tokens beyond the last set, place or level are read as the last. Where line spread is read
  // and the request tells one: through it and through the pixels of the request, as its spectrograph would record them.
  modalities::Block decode(const Tokens& tokens, const DecodeRequest& request = {}) const override;
  // float32 [n, 1 + sets + 1 + most directions]: ln of the scale, the set, ln(1 + z), the coefficients.
  at::Tensor vectors(const Tokens& tokens) const override;
  at::Tensor redshifts(const Tokens& tokens) const override;
  nn::Outcome loss(const modalities::Block& block) override { return learn({{&block}, {}}); }
  // While training, redshifts of the lesson are used where they are known, otherwise found. Figures: chi2_per_pixel
  // (noise alone), reconstruction, and, of the spectra of known redshift, redshift_found: the share whose own redshift
  // is right to 1,000 km/s (1 while training: it is given).
  nn::Outcome learn(const Lesson& lesson) override;
  void fit_all(const Lesson& lesson) override;  // UserError where a set has too few spectra of known redshift
  nn::Parameters& parameters() override { return parameters_; }
  void save(const std::filesystem::path& folder) const override;

  // Moves the mean of each set by what its templates leave of a few spectra (redshifts: of each row, NaN: not known),
  // the less the fewer: their lines are where they are. Directions stay. Returns how many it learned from;
  // nn::NothingToLearn: none.
  int64_t learn_means(const modalities::Block& block, const std::vector<double>& redshifts);

  // How well each redshift of a grid explains a spectrum: what a posterior is made of.
  struct RedshiftScores {
    at::Tensor rows_M;    // int64: the objects that have a good pixel on the grid of the codec
    at::Tensor score_MS;  // float64: -2 ln of the evidence, the best of the sets; +inf where none reaches
    at::Tensor excess_M;  // float64: the least score a joined pixel, at least 1: how much templates leave
  };
  RedshiftScores redshift_scores(const modalities::Block& block) const;
  at::Tensor redshift_edges() const;  // float64 [S + 1], of cells equal in ln(1 + z)

  const SpectrumTemplatesSettings& settings() const { return settings_; }
  const RestTemplates& templates() const { return templates_; }

 private:
  static constexpr int64_t kFine = 128;  // places that the third token tells apart
  struct Code {
    size_t set = 0;
    int64_t place = 0;
  };
  std::pair<int64_t, int64_t> first_cell() const;  // of the grid of redshifts: its low edge in places from 0; how many
  at::Tensor weight_of(const at::Tensor& ivar_ML) const;
  at::Tensor levels_of(const at::Tensor& u) const;    // int64
  at::Tensor values_of(const at::Tensor& ids) const;  // float32
  Code code_of(int64_t part, int64_t fine) const;
  at::Tensor draw(const at::Tensor& ids_MT) const;  // flux / scale [M, L]
  SpectrumGrid::Input prepare(const modalities::Block& block) const {
    return grid_.prepare(block, reads_line_spread());
  }
  LineSpreads spreads_of(const at::Tensor& lsf_ML) const;  // undefined, in Angstrom: none
  double log_step() const;                                 // of ln(wavelength) between pixels
  // Beyond that of the templates, in pixels of the grid.
  at::Tensor beyond_templates(const at::Tensor& lsf_angstrom, const at::Tensor& wavelength_angstrom) const;
  modalities::SpectrumBlock drawn_as_recorded(const Tokens& tokens, const DecodeRequest& request) const;

  SpectrumTemplatesSettings settings_;
  nn::Parameters parameters_;
  SpectrumGrid grid_;
  RestTemplates templates_;
  std::vector<int64_t> first_part_;  // of each set among the values of the second token; one more at the end
};

}  // namespace asterism::tokenizers
