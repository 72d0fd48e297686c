#include "train/tokenizer_objective.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "base/random.h"
#include "nn/nothing_to_learn.h"
#include "tokenizers/tokenizer_folder.h"
#include "train/published_name.h"
#include "train/tokenizer_start.h"

namespace asterism::train {

const modalities::Block& TokenizerObjective::block_of(const modalities::Batch& batch, const std::string& modality,
                                                      const char* setting) const {
  const auto found = batch.blocks.find(modality);
  if (found == batch.blocks.end()) {
    std::vector<std::string> names;
    for (const auto& entry : batch.blocks) names.push_back(entry.first);
    base::user_error("{} = '{}': the data have no such modality{}", setting, modality,
                     names.empty() ? "" : fmt::format("; the nearest is '{}'", base::nearest(modality, names)));
  }
  return found->second;
}

const modalities::ScalarBlock* TokenizerObjective::redshift_of(const modalities::Batch& batch) const {
  if (redshift_.empty()) return nullptr;
  const auto found = batch.blocks.find(redshift_);
  if (found == batch.blocks.end()) return nullptr;  // of objects without it: none is known
  const auto* scalar = std::get_if<modalities::ScalarBlock>(&found->second);
  if (scalar == nullptr) base::user_error("tokenizer.redshift = '{}' is no scalar.", redshift_);
  return scalar;
}

void TokenizerObjective::prepare(const modalities::Batch& sample) {
  tokenizers::Lesson lesson;
  for (const auto& modality : modalities_) {
    lesson.blocks.push_back(&block_of(sample, modality));
    if (const auto* redshift = redshift_of(sample)) lesson.redshifts.push_back(redshift);
  }
  tokenizer_->fit_all(lesson);
}

models::WarmStart TokenizerObjective::start_from(const std::filesystem::path& folder) {
  return start_tokenizer_from(*tokenizer_, folder);
}

nn::Outcome TokenizerObjective::step(const modalities::Batch& batch, const StepContext& context) {
  const int64_t n = batch.size();
  std::vector<const modalities::Block*> all;
  for (const auto& modality : modalities_) all.push_back(&block_of(batch, modality));
  std::vector<std::vector<int64_t>> rows(all.size());
  int64_t count = 0;
  for (int64_t i = 0; i < n; ++i) {
    std::vector<size_t> observed;
    for (size_t k = 0; k < all.size(); ++k)
      if (modalities::present(*all[k])[size_t(i)] != 0) observed.push_back(k);
    if (observed.empty()) continue;
    ++count;
    base::Random random(context.seed, uint64_t(context.training ? context.epoch : 0), batch.objects[size_t(i)].hash(),
                        "train.tokenizer");
    rows[observed[observed.size() == 1 ? 0 : random.below(observed.size())]].push_back(i);
  }
  if (count == 0)
    nn::nothing_to_learn("none of the {} objects of the batch has {}", n,
                         fmt::format("{}", fmt::join(modalities_, ", ")));
  tokenizers::Lesson lesson;
  lesson.training = context.training;
  lesson.seed = context.seed;
  lesson.epoch = context.epoch;
  std::vector<modalities::Block> parts, redshifts;
  parts.reserve(all.size());
  redshifts.reserve(all.size());
  const auto* redshift = redshift_of(batch);
  for (size_t k = 0; k < all.size(); ++k) {
    if (rows[k].empty()) continue;
    auto& hashes = lesson.objects.emplace_back();
    if (all.size() == 1) {  // whole, with its absent rows
      lesson.blocks.push_back(all[k]);
      if (redshift != nullptr) lesson.redshifts.push_back(redshift);
      if (!errors_.empty()) lesson.errors.push_back(&block_of(batch, errors_, "tokenizer.errors"));
      for (const auto& object : batch.objects) hashes.push_back(object.hash());
      continue;
    }
    lesson.blocks.push_back(&parts.emplace_back(modalities::select(*all[k], rows[k])));
    if (redshift != nullptr) {
      redshifts.push_back(modalities::select(*redshift, rows[k]));
      lesson.redshifts.push_back(&std::get<modalities::ScalarBlock>(redshifts.back()));
    }
    for (const int64_t i : rows[k]) hashes.push_back(batch.objects[size_t(i)].hash());
  }
  auto outcome = tokenizer_->learn(lesson);
  outcome.weight = double(count);
  return outcome;
}

void TokenizerObjective::save(const std::filesystem::path& folder) const {
  tokenizer_->save(folder);
  tokenizers::record_modalities(folder, modalities_);
}

std::vector<std::string> TokenizerObjectiveSettings::tokenized() const {
  std::vector<std::string> out{modality};
  for (const auto& one : more_modalities) {
    if (std::find(out.begin(), out.end(), one) != out.end())
      base::user_error("tokenizer.more_modalities names '{}' twice, or that is tokenizer.modality", one);
    out.push_back(one);
  }
  if (!errors.empty() && !more_modalities.empty())
    base::user_error("tokenizer.errors = '{}' tells those of tokenizer.modality alone: take out more_modalities",
                     errors);
  return out;
}

std::vector<std::string> TokenizerObjectiveSettings::modalities() const {
  auto out = tokenized();
  if (!redshift.empty()) out.push_back(redshift);
  if (!errors.empty()) out.push_back(errors);
  return out;
}

void TokenizerObjectiveSettings::describe(config::Fields& f) {
  std::vector<std::string> kinds;
  for (const auto& entry : tokenizers::kinds()) kinds.emplace_back(entry.name);
  f.add("kind", kind, "which tokenizer").one_of(kinds).required();
  f.add("modality", modality, "what it reads").required();
  f.add("more_modalities", more_modalities,
        "others that the same tokenizer learns to read: images or light curves of further surveys");
  if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) return;  // reading them says so
  const auto& entry = tokenizers::kind_of(kind);
  if (entry.beside == tokenizers::Beside::kRedshifts)
    f.add("redshift", redshift, "the scalar that tells the redshifts of the objects learned from").required();
  if (entry.beside == tokenizers::Beside::kErrors)
    f.add("errors", errors, "the vector that tells the errors of each number, for the log; empty: none is known");
  if (made_for_ != kind) of_kind_ = entry.settings(), made_for_ = kind;
  of_kind_->describe(f);
}

std::unique_ptr<Objective> TokenizerObjectiveSettings::make(uint64_t seed) const {
  const auto settings = tokenizers::kind_of(kind).settings();
  if (made_for_ == kind) {
    auto fields = config::fields_of(*settings);
    config::read_json(fields, config::to_json(config::fields_of(*of_kind_)), "tokenizer");
  }
  if (auto* name = settings->published_as()) *name = published_name(kind, modality, *name);
  return std::make_unique<TokenizerObjective>(settings->make(seed), tokenized(), redshift, errors);
}

}  // namespace asterism::train
