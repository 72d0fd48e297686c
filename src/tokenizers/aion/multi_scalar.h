#pragma once
// AION-1's codec of a vector of numbers (the 55 coefficients of a Gaia XP spectrum): a table of its own for each, in a
// squeezed range. All columns are coded in one pass. Nothing is learned by gradient: the tables are a fit, quantiles of
// the sample that training gives before its first step, made in one pass; vectors that are absent or hold a number that
// is not finite have no part, and as published none has a weight. Steps of training then only report.

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "config/settings.h"
#include "nn/packed_weight.h"
#include "tokenizers/aion/published_folder.h"
#include "tokenizers/aion/table_search.h"
#include "tokenizers/tokenizer.h"

namespace asterism::tokenizers::aion {

struct MultiScalarSettings {
  std::string modality;  // the package's name of it; "published_as" where a new codec is described
  std::vector<std::string> compression_fns{"arcsinh", "arcsinh"}, decompression_fns{"sinh", "sinh"};
  int64_t codebook_size = 1024, reservoir_size = 100000, num_quantizers = 55;
  bool reference_behaviour = false;
  void describe(config::Fields& fields);            // of a new codec
  void describe_published(config::Fields& fields);  // what a published config.json holds
  void describe_tables(config::Fields& fields);     // what both have
};

class AionMultiScalar : public Tokenizer {
 public:
  explicit AionMultiScalar(MultiScalarSettings settings);
  explicit AionMultiScalar(const PublishedFolder& folder);

  std::string kind() const override { return "aion_multi_scalar"; }
  int64_t vocabulary() const override { return settings_.codebook_size; }
  int64_t num_tokens() const override { return settings_.num_quantizers; }
  // A row with a number that is not finite is missing; with `reference_behaviour` that number gets the last code.
  Tokens encode(const modalities::Block& block) const override;
  modalities::Block decode(const Tokens& tokens, const DecodeRequest& request = {}) const override;
  // Mean square in the squeezed range. No gradient. Figures: quantisation_sigma (root mean square of the numbers' error
  // of coding, in units of the lesson's errors where they are known, else of the local step of the table), out_of_range
  // (share of numbers beyond their table), codes_used, perplexity.
  nn::Outcome loss(const modalities::Block& block) override { return judge(block, nullptr); }
  nn::Outcome learn(const Lesson& lesson) override;
  void fit(const modalities::Block& block) override { fit_all({{&block}, {}}); }
  void fit_all(const Lesson& lesson) override;  // the tables from all vectors of the lesson: two whole ones at least
  nn::Parameters& parameters() override { return parameters_; }
  void save(const std::filesystem::path& folder) const override;

  // The same on tensors: n vectors of C = num_quantizers numbers.
  at::Tensor ids(const at::Tensor& values_nC) const;       // int64 [n, C]
  at::Tensor values(const at::Tensor& ids_nC) const;       // fp32 [n, C]; UserError where an id is out of range
  at::Tensor squeezed(const at::Tensor& values_nC) const;  // what is compared with the tables
  const std::vector<at::Tensor>& tables() const { return tables_; }  // C of [K]

  const MultiScalarSettings& settings() const { return settings_; }

 private:
  void build();
  nn::Outcome judge(const modalities::Block& block, const modalities::Block* errors) const;
  MultiScalarSettings settings_;
  nn::Parameters parameters_;
  std::shared_ptr<const TableSearch> search() const;  // of numbers that are not squeezed; made when first asked for
  std::vector<at::Tensor> tables_, reservoirs_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const TableSearch> search_;
  mutable nn::PackedWeights searched_;
};

}  // namespace asterism::tokenizers::aion
