#pragma once
// AION-1's codecs of one number: equal-mass bins of a stored table (aion_scalar), the same in the logarithm with a
// floor (aion_log_scalar), and a fixed grid (aion_grid_scalar). Codes round up, as published. What is missing or not
// finite stays missing here; with `reference_behaviour` it gets the last code, as the package does.
//
// Nothing of them is learned by gradient. The table is a fit, made in one pass over the sample that training gives
// before its first step: the sample's quantiles, or the ends of the grid. The published formula counts every value
// alike, so errors have no weight in it; absent and infinite values have no part. Steps of training then only report.

#include <memory>
#include <mutex>

#include "config/settings.h"
#include "nn/packed_weight.h"
#include "tokenizers/aion/published_folder.h"
#include "tokenizers/aion/table_search.h"
#include "tokenizers/in_unit.h"
#include "tokenizers/tokenizer.h"

namespace asterism::tokenizers::aion {

enum class ScalarForm { table, log_table, grid };

struct ScalarSettings {
  std::string modality;  // the package's name of it, "FLUX_G"; "published_as" where a new codec is described
  int64_t codebook_size = 1024, reservoir_size = 100000;
  double min_log_value = -3;  // natural logarithm of the floor; log_table alone
  // Of the values. Empty: that in which the package's authors measured `modality` (published_units.h), unless a
  // folder's config.json says "" itself, or with `reference_behaviour`; of other quantities taken from the data by fit,
  // and until then any is read. The package has none.
  std::string unit;
  bool reference_behaviour = false;
  ScalarForm form = ScalarForm::table;
  double low = 0, high = 0;                         // ends of a new grid; low == high: those of the sample
  void describe(config::Fields& fields);            // of a new codec of its form
  void describe_published(config::Fields& fields);  // what a published config.json of its form holds
  void describe_table(config::Fields& fields);      // what both have
};

class AionScalar : public Tokenizer {
 public:
  explicit AionScalar(ScalarSettings settings);
  explicit AionScalar(const PublishedFolder& folder);

  std::string kind() const override;
  int64_t vocabulary() const override { return settings_.codebook_size; }
  int64_t num_tokens() const override { return 1; }
  // UserError naming both units where the block's is that of another quantity; microjanskys become nanomaggies.
  Tokens encode(const modalities::Block& block) const override;
  modalities::Block decode(const Tokens& tokens, const DecodeRequest& request = {}) const override;
  // Mean square of (value - decoded) / error, or over the local step of the table where there is no error. No gradient.
  // Figures: quantisation_sigma (its root), out_of_range (share of values beyond the table), below_floor (of a
  // logarithm: share that the floor makes one), codes_used, perplexity.
  nn::Outcome loss(const modalities::Block& block) override;
  void fit(const modalities::Block& block) override { fit_all({{&block}, {}}); }
  // The table from all values of the lesson together. UserError where fewer than two differ, but for a grid whose ends
  // are given.
  void fit_all(const Lesson& lesson) override;
  nn::Parameters& parameters() override { return parameters_; }
  void save(const std::filesystem::path& folder) const override;

  // The same on tensors: values of any shape and number type.
  at::Tensor ids(const at::Tensor& values) const;       // int64
  at::Tensor values(const at::Tensor& ids) const;       // fp32; UserError where an id is out of range
  at::Tensor squeezed(const at::Tensor& values) const;  // what is compared with the table: value, or log of it
  const at::Tensor& table() const { return table_; }    // [K]

  const ScalarSettings& settings() const { return settings_; }

 private:
  void build();
  void take_published_unit();
  InUnit in_unit(const modalities::Block& block) const;  // the block in the unit that is read
  std::shared_ptr<const TableSearch> search() const;     // of numbers that are not squeezed; made when first asked for
  ScalarSettings settings_;
  nn::Parameters parameters_;
  bool says_unit_ = false;        // save writes it, though a reader of `modality` may know it
  at::Tensor table_, reservoir_;  // a grid has no reservoir
  bool pure_numbers_ = false;     // the quantity is known to have no unit: "" is one then, and not any
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const TableSearch> search_;
  mutable nn::PackedWeights searched_;
};

}  // namespace asterism::tokenizers::aion
