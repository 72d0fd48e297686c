#pragma once
// The any-to-any model: a masked encoder-decoder over whatever was observed of an object (Mizrahi et al. 2023, 4M;
// AION-1), with the difference that measured values go in (embedded with their errors) and tokens come out.
//
//   AnyToAny model(settings);                   // or with codecs for images and spectra
//   model.fit(sample);                          // statistics of the scalars: scales and bins
//   auto outcome = model.loss(batch, {seed, epoch});   // one training step's loss
//   auto answer = model.predict(batch, {.given = {"flux_g", "flux_r"}, .targets = {"redshift"}});
//   answer.scalars.at("redshift").median_N();
//
// Letters: B objects, T tokens, D width, R rows (tokens of all objects, packed), K bins or codes.

#include <ATen/ATen.h>

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "models/any_to_any_settings.h"
#include "models/draw_key.h"
#include "models/model.h"
#include "models/predictor.h"
#include "models/warm_start.h"
#include "nn/outcome.h"
#include "tokenizers/tokenizer.h"

namespace asterism::models {

// Sample s of a request is drawn with its seed + s times this.
inline constexpr uint64_t kSampleStride = 0x9e3779b97f4a7c15ULL;

using Codecs = std::map<std::string, std::shared_ptr<tokenizers::Tokenizer>>;

class AnyToAny : public Model, public Predictor {
 public:
  // `codecs` by modality: needed for image and spectrum targets and for inputs = "tokens" or "both" where settings name
  // no folder. dtype: kDouble for gradient checks.
  explicit AnyToAny(AnyToAnySettings settings, Codecs codecs = {}, at::ScalarType dtype = at::kFloat);
  ~AnyToAny() override;
  AnyToAny(AnyToAny&&) noexcept;

  // Learns scales and bins of the scalars from a sample of the training side. UserError when a scalar has no values
  // there.
  void fit(const modalities::Batch& sample);

  // After fit, before training: takes what it can from a model folder of its own kind (other modalities may be there or
  // here; scalars keep their bins and scales) or of published AION-1 (blocks and norms alone: its embeddings are of
  // codes). UserError where sizes, units or tokenizers contradict.
  WarmStart start_from(const std::filesystem::path& folder);

  // Loss of one training step: draws inputs and targets for each object (budget.h), embeds what was drawn, predicts.
  // UserError when no object of the batch has anything to predict.
  nn::Outcome loss(const modalities::Batch& batch, const DrawKey& key);

  Prediction predict(const modalities::Batch& batch, const PredictRequest& request) const override;

  // ln p(truth of the target | given): [n] float64; density for scalars, sum over tokens in one parallel pass
  // otherwise. Rows whose truth is absent, or has no codes (no good pixel on the codec's grid), hold NaN.
  at::Tensor log_likelihood_N(const modalities::Batch& batch, const std::vector<std::string>& given,
                              const std::string& target) const;

  // Logits [N, T, V] of the codes of the one target of the request, an image or spectrum, all asked for at once: what
  // the first round of a draw is drawn from. They lie where the weights do. UserError as predict, and for a scalar.
  at::Tensor code_logits_NTV(const modalities::Batch& batch, const PredictRequest& request) const;

  // Sharpens or widens the posteriors of a scalar by one temperature (probabilities ~ p^(1/T)), chosen to maximise the
  // mean ln p(truth | given) of objects that training did not see; kept in the model. Returns T. (Guo et al. 2017, of a
  // histogram.) A model with temperature_by_input that is given no names finds how T depends on what is given, from
  // everything, each observation alone, and everything but one; returns the geometric mean of T over those. UserError
  // where fewer than 10 objects have the target.
  double calibrate(std::span<const modalities::Batch> validation, const std::vector<std::string>& given,
                   const std::string& target);

  // Joint draws of several targets, chained in the order given: each draw becomes an input for the next, a scalar's
  // without an error (see hide_error of its settings). `samples` batches. UserError for a target that is named twice,
  // or that the model cannot read and is not the last. Sample s is the first one of a request with kSampleStride x s
  // more for a seed.
  std::vector<modalities::Batch> sample_joint(const modalities::Batch& batch, const PredictRequest& request) const;

  std::string kind() const override { return "any_to_any"; }
  std::vector<std::string> modalities() const override;  // inputs
  std::vector<std::string> targets() const override;
  int64_t width() const override;
  Embedded embed(const modalities::Batch& batch, const EmbedRequest& request) const override;
  std::map<std::string, int64_t> pools() const override { return {{"tokens", token_width()}}; }
  TokenRows token_rows(const modalities::Batch& batch, const EmbedRequest& request) const override;
  void forget(uint64_t seed) override;
  nn::Parameters& parameters() override;
  void to(const at::Device& device) override;  // tokenizers too
  nn::Parameters& bins();  // edges and centres of the scalars' bins, "redshift.edges" [K + 1]: fit sets them
  const AnyToAnySettings& settings() const;
  const tokenizers::Tokenizer& codec(const std::string& modality) const override;
  void save(const std::filesystem::path& folder) const override;
  static std::unique_ptr<AnyToAny> load(const std::filesystem::path& folder);

  struct Network;  // any_to_any_network.h

 private:
  explicit AnyToAny(std::unique_ptr<Network> network);
  std::unique_ptr<Network> network_;
};

}  // namespace asterism::models
