#include "train/tokenizer_objective.h"

#include <numeric>

#include "base/error.h"
#include "nn/nothing_to_learn.h"
#include "tokenizers/all.h"

namespace asterism::train {

const modalities::Block& TokenizerObjective::block_of(const modalities::Batch& batch) const {
  const auto found = batch.blocks.find(modality_);
  if (found == batch.blocks.end()) {
    std::vector<std::string> names;
    for (const auto& entry : batch.blocks) names.push_back(entry.first);
    base::user_error("tokenizer.modality = '{}': the data have no such modality; the nearest is '{}'", modality_,
                     base::nearest(modality_, names));
  }
  return found->second;
}

nn::Outcome TokenizerObjective::step(const modalities::Batch& batch, const StepContext&) {
  const auto& block = block_of(batch);
  const auto& present = modalities::present(block);
  const auto count = std::accumulate(present.begin(), present.end(), int64_t{0});
  if (count == 0) nn::nothing_to_learn("none of the {} objects of the batch has {}", batch.size(), modality_);
  auto outcome = tokenizer_->loss(block);
  outcome.weight = double(count);
  return outcome;
}

void TokenizerObjectiveSettings::describe(config::Fields& f) {
  std::vector<std::string> kinds;
  for (const auto& entry : tokenizers::kinds()) kinds.push_back(entry.name);
  f.add("kind", kind, "which tokenizer").one_of(kinds).required();
  f.add("modality", modality, "what it reads").required();
  if (kind == "scalar_bins") scalar_bins.describe(f);
  if (kind == "spectrum_conv") spectrum_conv.describe(f);
  if (kind == "image_conv") image_conv.describe(f);
}

std::unique_ptr<Objective> TokenizerObjectiveSettings::make(uint64_t seed) const {
  auto copy = *this;
  std::string settings;
  if (kind == "scalar_bins") settings = config::to_json(config::fields_of(copy.scalar_bins));
  if (kind == "spectrum_conv") settings = config::to_json(config::fields_of(copy.spectrum_conv));
  if (kind == "image_conv") settings = config::to_json(config::fields_of(copy.image_conv));
  ASTERISM_CHECK(!settings.empty(), "no settings for a tokenizer of kind '{}'", kind);
  return std::make_unique<TokenizerObjective>(tokenizers::make_tokenizer(kind, settings, seed), modality);
}

}  // namespace asterism::train
