#pragma once
// p(redshift | spectrum) from templates at rest (tokenizers/spectrum_templates.h): how well they explain the spectrum
// at each redshift, as redrock's chi^2 (Bailey et al., DESI), is a likelihood. Four numbers make it a posterior that
// can be believed, learned from spectra of known redshift, few or many: a temperature, beside what the templates leave
// of this spectrum; a shift and a spread in velocity (lines of real objects are not where those of the templates are);
// and the share of objects that it is wrong about altogether. The prior is flat in ln(1 + z).
//
// Letters: N objects, M of them with something to see, S redshifts.

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "config/settings.h"
#include "models/model.h"
#include "models/observation_key.h"
#include "models/predictor.h"
#include "nn/outcome.h"
#include "tokenizers/scalar_bins.h"
#include "tokenizers/spectrum_templates.h"

namespace asterism::models {

struct TemplateRedshiftSettings {
  std::string codec;                       // folder of a trained spectrum_templates
  std::string modality = "spectrum_sdss";  // that it reads
  std::string target = "redshift";
  bool learn_means = false;  // before training: the templates' mean is moved by the spectra learned from
  void describe(config::Fields& f);
};

class TemplateRedshift : public Model, public Predictor {
 public:
  explicit TemplateRedshift(const TemplateRedshiftSettings& settings);  // UserError: no such codec
  TemplateRedshift(TemplateRedshiftSettings settings, std::shared_ptr<tokenizers::SpectrumTemplates> codec);

  // Mean of -ln P(cell of the true redshift). Objects without spectrum or redshift, or with one beyond the templates,
  // are left out; nn::NothingToLearn where none remains. What a spectrum gave is remembered. Figure "right": the share
  // whose most probable cell is right to 1,000 km/s.
  nn::Outcome loss(const modalities::Batch& batch);

  // Where settings.learn_means: moves the templates' means by these objects' spectra (SpectrumTemplates::learn_means).
  void fit(const modalities::Batch& sample);
  nn::Parameters& templates() { return codec_->parameters(); }  // what fit changes

  std::string kind() const override { return "template_redshift"; }
  std::vector<std::string> modalities() const override { return {settings_.modality}; }
  int64_t width() const override { return width_; }
  // What the codec's tokens say as numbers.
  Embedded embed(const modalities::Batch& batch, const EmbedRequest& request) const override;
  std::vector<std::string> targets() const override { return {settings_.target}; }
  const tokenizers::Tokenizer& codec(const std::string& modality) const override;
  Prediction predict(const modalities::Batch& batch, const PredictRequest& request) const override;
  nn::Parameters& parameters() override { return parameters_; }
  const TemplateRedshiftSettings& settings() const { return settings_; }
  void save(const std::filesystem::path& folder) const override;
  static std::unique_ptr<TemplateRedshift> load(const std::filesystem::path& folder);

 private:
  struct Seen {
    at::Tensor score_S;  // float32, least 0
    float excess = 1;
    bool usable = false;
  };
  std::vector<Seen> look(const modalities::Block& spectra) const;             // one an object
  at::Tensor probability_MS(const std::vector<const Seen*>& seen) const;      // differentiable
  const modalities::Block* spectra_of(const modalities::Batch& batch) const;  // nullptr: the batch has none

  TemplateRedshiftSettings settings_;
  std::shared_ptr<tokenizers::SpectrumTemplates> codec_;
  std::shared_ptr<tokenizers::ScalarBins> bins_;  // the cells of redshift
  int64_t width_ = 0;
  at::Tensor edges_;  // float64 [S + 1]
  double cell_kms_ = 0;
  nn::Parameters parameters_;
  at::Tensor log_temperature_, shift_, log_spread_, stray_;
  std::unordered_map<ObservationKey, Seen, ObservationKey::Hash> kept_;
};

}  // namespace asterism::models
