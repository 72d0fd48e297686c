#pragma once
// Training a tokenizer of any kind on one modality, or on several that it reads alike (images of several surveys): of
// an object that has more than one of them, one is learned from, another in every epoch. Its own figures
// (chi2_per_pixel, codes_used, perplexity ...) go into the metrics.

#include <memory>

#include "tokenizers/all.h"
#include "train/all.h"

namespace asterism::train {

class TokenizerObjective : public Objective {
 public:
  // redshift: the scalar that tells the redshifts of objects; empty: none. errors: the vector that tells those of the
  // one modality; empty: none.
  TokenizerObjective(std::unique_ptr<tokenizers::Tokenizer> tokenizer, std::vector<std::string> modalities,
                     std::string redshift = "", std::string errors = "")
      : tokenizer_(std::move(tokenizer)),
        modalities_(std::move(modalities)),
        redshift_(std::move(redshift)),
        errors_(std::move(errors)) {}
  std::string kind() const override { return "tokenizer"; }
  // UserError where the batch lacks a modality or no object has any.
  nn::Outcome step(const modalities::Batch& batch, const StepContext& context) override;
  // Codes are normalised by the batch's own mean and spread, and LFQ's entropy is one of the batch.
  bool separable() const override { return false; }
  nn::Parameters& parameters() override { return tokenizer_->parameters(); }
  void to(const at::Device& device) override { tokenizer_->to(device); }
  void prepare(const modalities::Batch& sample) override;
  models::WarmStart start_from(const std::filesystem::path& folder) override;  // see tokenizer_start.h
  void save(const std::filesystem::path& folder) const override;               // with what it reads
  const tokenizers::Tokenizer& tokenizer() const { return *tokenizer_; }

 private:
  const modalities::Block& block_of(const modalities::Batch& batch, const std::string& modality,
                                    const char* setting = "tokenizer.modality") const;
  const modalities::ScalarBlock* redshift_of(const modalities::Batch& batch) const;  // nullptr: none is named
  std::unique_ptr<tokenizers::Tokenizer> tokenizer_;
  std::vector<std::string> modalities_;
  std::string redshift_, errors_;
};

// The [tokenizer] table: its kind, the modality it reads, and the settings of that kind.
struct TokenizerObjectiveSettings : ObjectiveSettings {
  std::string kind, modality, redshift, errors;
  std::vector<std::string> more_modalities;
  void choose(const std::function<std::string(const std::string&)>& says) override { kind = says("kind"); }
  void describe(config::Fields& f) override;
  std::vector<std::string> modalities() const override;
  std::unique_ptr<Objective> make(uint64_t seed) const override;

 private:
  std::vector<std::string> tokenized() const;          // modalities without the redshift and errors
  std::unique_ptr<tokenizers::KindSettings> of_kind_;  // made when the kind is first described
  std::string made_for_;
};

}  // namespace asterism::train
