#include "eval/collect.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "data/split.h"
#include "eval/asked_labels.h"
#include "eval/features.h"
#include "eval/halves.h"
#include "eval/hidden.h"
#include "eval/judged_batches.h"
#include "eval/metrics.h"
#include "eval/rebuild.h"
#include "models/any_to_any.h"
#include "models/class_bins.h"

namespace asterism::eval {
namespace {

using modalities::Batch;
using Names = std::vector<std::string>;
using Rows = std::vector<int64_t>;

bool has(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

double median_signal_to_noise(const modalities::SpectrumBlock& block, int64_t i) {
  std::vector<double> all;
  for (int64_t p = i * block.length; p < (i + 1) * block.length; ++p)
    if (block.mask[size_t(p)] == 0 && block.ivar[size_t(p)] > 0)
      all.push_back(double(block.flux[size_t(p)]) * std::sqrt(double(block.ivar[size_t(p)])));
  return all.empty() ? NAN : median(std::move(all));
}

std::vector<uint8_t> flags_of(const at::Tensor& present_N) {
  const auto flags = present_N.to(at::kByte).contiguous();
  return {flags.const_data_ptr<uint8_t>(), flags.const_data_ptr<uint8_t>() + flags.numel()};
}

// What grows while batches go by.
class Collector {
 public:
  Collector(const CollectOptions& options, Names observed, Names labels)
      : options_(options),
        observed_(std::move(observed)),
        labels_(std::move(labels)),
        features_(observed_),
        halves_(options.halves) {}

  // Last of all that is added of a batch: it moves rows() on. `test`: rows of the test side, in order.
  void add_objects(const Batch& batch, const Rows& test);
  void add_vectors(const models::Model& model, const Batch& batch, const std::string& name, const Names& given);
  void add_posteriors(const models::Predictor& model, const Batch& batch, const Rows& test, const Names& targets,
                      const Names& given);
  void add_halves(const models::Model& model, const Batch& batch, const Rows& test) {
    halves_.add(model, batch, observed_, test, rows());
  }
  // Light curves of the test side alone: no baseline learns from other objects.
  void add_reconstruction(const tokenizers::Tokenizer& tokenizer, const std::string& modality, const Batch& batch,
                          const Rows& test);
  // Of a tokenizer whose tokens have vectors.
  void add_token_vectors(const tokenizers::Tokenizer& tokenizer, const std::string& modality, const Batch& batch);
  // UserError where the batch, of other data than the first, lacks what that had.
  void check(const Batch& batch) const;
  void next_source() { kept_.clear(); }  // what follows has a limit of reconstructions of its own
  int64_t rows() const { return int64_t(out_.subject.objects.size()); }
  const Names& observed() const { return observed_; }
  Collected finish();

 private:
  void settle_classes();
  const CollectOptions& options_;
  Names observed_, labels_;
  FeatureGatherer features_;
  HalvesGatherer halves_;
  Collected out_;
  std::map<std::string, int64_t> kept_;  // reconstructions of this source
  std::map<std::string, std::vector<at::Tensor>> vectors_;
  struct Parts {
    std::vector<at::Tensor> probability;
    int64_t made = 0;          // rows of probability
    std::vector<int64_t> row;  // of the objects so far
    std::vector<uint8_t> present;
    std::vector<double> edges;
    Names inputs;
    AtTruth continuous;
  };
  std::map<std::pair<std::string, std::string>, Parts> posteriors_;  // target, given
  std::map<std::string, std::pair<std::vector<modalities::Block>, std::vector<modalities::Block>>> rebuilt_;
};

void Collector::check(const Batch& batch) const {
  for (const auto* names : {&observed_, &labels_})
    for (const auto& name : *names)
      if (!batch.blocks.contains(name))
        base::user_error(
            "the data that are learned from lack '{}', which those that are judged have; name with --label "
            "what both have",
            name);
}

void Collector::add_objects(const Batch& batch, const Rows& test) {
  for (int64_t i = 0, k = 0; i < batch.size(); ++i) {
    const bool is_test = k < int64_t(test.size()) && test[size_t(k)] == i;
    (is_test ? out_.split.test : out_.split.train).push_back(rows() + i);
    k += is_test;
  }
  for (const auto& name : labels_) {
    auto& label = out_.labels[name];
    const auto* block = std::get_if<modalities::ScalarBlock>(&batch.blocks.at(name));
    ASTERISM_CHECK(block != nullptr, "label {} is no scalar", name);
    label.unit = block->unit;
    label.value.insert(label.value.end(), block->value.begin(), block->value.end());
    label.present.insert(label.present.end(), block->present.begin(), block->present.end());
  }
  for (const auto& name : observed_)
    if (const auto* spectrum = std::get_if<modalities::SpectrumBlock>(&batch.blocks.at(name))) {
      auto& all = out_.subject.signal_to_noise[name];
      for (int64_t i = 0; i < batch.size(); ++i) all.push_back(median_signal_to_noise(*spectrum, i));
    }
  features_.add(batch);
  out_.subject.objects.insert(out_.subject.objects.end(), batch.objects.begin(), batch.objects.end());
}

void Collector::add_vectors(const models::Model& model, const Batch& batch, const std::string& name,
                            const Names& given) {
  models::EmbedRequest request;
  request.given = given;
  const auto embedded = model.embed(batch, request);
  vectors_[name].push_back(embedded.vectors_ND);
  const auto flags = flags_of(embedded.present_N);
  auto& present = out_.subject.vectors[name].present;
  present.insert(present.end(), flags.begin(), flags.end());
}

void Collector::add_posteriors(const models::Predictor& model, const Batch& batch, const Rows& test,
                               const Names& targets, const Names& given) {
  if (test.empty()) return;
  models::PredictRequest request;
  request.given = given;
  request.targets = targets;
  const auto prediction = model.predict(modalities::select(batch, test), request);
  const std::string text = title_of(given, observed_);
  const auto flags = flags_of(prediction.present_N);
  for (const auto& [target, posterior] : prediction.scalars) {
    const auto& labels = std::get<modalities::ScalarBlock>(batch.blocks.at(target));
    if (!posterior.unit().empty() && posterior.unit() != labels.unit)
      base::user_error("'{}' is in '{}' and the model predicts it in '{}': convert the data", target, labels.unit,
                       posterior.unit());
    auto& parts = posteriors_[{target, text}];
    parts.inputs = given;
    std::sort(parts.inputs.begin(), parts.inputs.end());
    parts.probability.push_back(posterior.probability_NK());
    add_at_truth(posterior, labels, test, parts.continuous);
    parts.row.resize(size_t(rows() + batch.size()), -1);
    parts.present.resize(size_t(rows() + batch.size()), 0);
    for (size_t i = 0; i < test.size(); ++i) {
      parts.row[size_t(rows() + test[i])] = parts.made++;
      parts.present[size_t(rows() + test[i])] = flags[i];
    }
    const auto edges = posterior.edges_E().contiguous();
    parts.edges.assign(edges.const_data_ptr<double>(), edges.const_data_ptr<double>() + edges.numel());
  }
}

void Collector::add_reconstruction(const tokenizers::Tokenizer& tokenizer, const std::string& modality,
                                   const Batch& batch, const Rows& test) {
  const auto found = batch.blocks.find(modality);
  if (found == batch.blocks.end()) return;
  auto& made = out_.subject.reconstructions[modality];
  const auto& present = modalities::present(found->second);
  const bool all = !std::holds_alternative<modalities::LightCurveBlock>(found->second);
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < batch.size() && kept_[modality] < options_.reconstructions; ++i) {
    if (present[size_t(i)] == 0 || !(all || std::binary_search(test.begin(), test.end(), i))) continue;
    ++kept_[modality];
    rows.push_back(i);
    made.rows.push_back(this->rows() + i);
  }
  if (rows.empty()) return;
  auto chosen = modalities::select(found->second, rows);
  const auto* image = std::get_if<modalities::ImageBlock>(&chosen);
  const bool tells_noise = image == nullptr || image->has_ivar;
  auto both = rebuild_as(tokenizer, std::move(chosen), options_.rebuild_as);
  if (!tells_noise) {  // the tokenizer reads what the files tell; what is judged needs a noise
    add_border_noise(both.observed);
    made.border_noise = made.border_noise || std::get<modalities::ImageBlock>(both.observed).has_ivar;
  }
  const auto& ids = both.tokens.ids;
  made.bits = bits_of(tokenizer, both.tokens);
  rebuilt_[modality].second.push_back(std::move(both.rebuilt));
  rebuilt_[modality].first.push_back(std::move(both.observed));
  made.vocabulary = tokenizer.vocabulary();
  made.ids_NT = made.ids_NT.defined() ? at::cat({made.ids_NT, ids}) : ids;
  if (const auto redshift = tokenizer.redshifts(both.tokens); redshift.defined())
    made.redshift_N = made.redshift_N.defined() ? at::cat({made.redshift_N, redshift}) : redshift;
}

void Collector::add_token_vectors(const tokenizers::Tokenizer& tokenizer, const std::string& modality,
                                  const Batch& batch) {
  const auto tokens = tokenizer.encode(batch.blocks.at(modality));
  const auto vectors = tokenizer.vectors(tokens);
  if (!vectors.defined()) return;
  vectors_[modality].push_back(vectors);
  const auto flags = flags_of(tokens.present);
  auto& present = out_.subject.vectors[modality].present;
  present.insert(present.end(), flags.begin(), flags.end());
}

// A label is a class where it is said to be one, where the model gives probabilities of classes, or by its name.
void Collector::settle_classes() {
  for (auto& [name, label] : out_.labels) {
    const auto posteriors = out_.subject.posteriors.find(name);
    const bool by_model = posteriors != out_.subject.posteriors.end() && !posteriors->second.empty() &&
                          models::are_classes(posteriors->second.front().edges);
    const bool told = has(options_.classes, name);
    if (told && !is_whole(label))
      base::user_error("--class: '{}' has values between whole numbers, and classes have none: leave it out", name);
    const bool by_name = name.find("class") != std::string::npos;
    label.is_class = told || by_model || (by_name && is_whole(label));  // class_star runs from 0 to 1
  }
}

Collected Collector::finish() {
  for (auto& [name, parts] : vectors_) out_.subject.vectors[name].vectors_ND = at::cat(parts);
  for (auto& [key, parts] : posteriors_) {
    Posteriors made;
    made.given = key.second;
    made.edges = std::move(parts.edges);
    made.inputs = std::move(parts.inputs);
    made.probability_MK = at::cat(parts.probability).to(at::kDouble).contiguous();
    parts.row.resize(size_t(rows()), -1);
    parts.present.resize(size_t(rows()), 0);
    made.row = std::move(parts.row);
    made.present = std::move(parts.present);
    made.continuous = std::move(parts.continuous);
    out_.subject.posteriors[key.first].push_back(std::move(made));
  }
  for (auto& [modality, blocks] : rebuilt_) {
    auto& made = out_.subject.reconstructions.at(modality);
    made.observed = modalities::concatenate(blocks.first);
    made.rebuilt = modalities::concatenate(blocks.second);
  }
  std::erase_if(out_.subject.reconstructions, [](const auto& entry) { return entry.second.rows.empty(); });
  out_.subject.features = features_.finish();
  out_.subject.levels = features_.levels();
  out_.subject.halves = halves_.finish();
  settle_classes();
  for (const auto& name : labels_) {
    const bool chosen = has(options_.labels, name);
    if ((chosen || !is_flag(name)) && !is_constant(out_.labels.at(name))) continue;
    out_.subject.not_asked.push_back(name);
    out_.labels.erase(name);
  }
  return std::move(out_);
}

// Labels that the model predicts; none of a model that gives vectors alone. UserError where there are none and inputs
// are named for posteriors all the same.
Names asked_targets(const models::Predictor* predictor, const Names& labels, const std::vector<Names>& given) {
  const auto known = predictor != nullptr ? predictor->targets() : Names{};
  Names out;
  for (const auto& label : labels)
    if (has(known, label)) out.push_back(label);
  if (!given.empty() && predictor == nullptr)
    base::user_error("--given: this model gives vectors, no posteriors; leave it out");
  if (!given.empty() && out.empty())
    base::user_error(
        "--given: the model predicts {}, and none of them is a label of these data (those are {}); leave it "
        "out, or name one with --label",
        base::quoted_list(known), base::quoted_list(labels));
  return out;
}

// Sets of inputs that vectors are made from, by name.
std::map<std::string, Names> input_sets(const Names& observed, const Batch& batch) {
  std::map<std::string, Names> out;
  Names scalars;
  for (const auto& name : observed) {
    if (std::holds_alternative<modalities::ScalarBlock>(batch.blocks.at(name)))
      scalars.push_back(name);
    else
      out[name] = {name};
  }
  if (!scalars.empty()) out["scalars"] = scalars;
  if (out.size() > 1) out["all"] = observed;
  return out;
}

}  // namespace

std::string title_of(const Names& given, const Names& observed) {
  if (given.size() <= 5) return fmt::format("{}", fmt::join(given, " "));
  Names without;
  for (const auto& name : observed)
    if (!has(given, name)) without.push_back(name);
  if (without.empty()) return fmt::format("all {} inputs", given.size());
  if (without.size() <= 5) return fmt::format("all but {}", fmt::join(without, " "));
  return fmt::format("{}", fmt::join(given, " "));
}

Collected collect(const models::Model& model, data::BatchSource& source, const CollectOptions& options,
                  data::BatchSource* learn) {
  const auto* predictor = dynamic_cast<const models::Predictor*>(&model);
  const auto* any = dynamic_cast<const models::AnyToAny*>(&model);
  const auto filler = gap_filler(model);
  HiddenGatherer hidden(options.hidden ? options.reconstructions : 0);
  std::unique_ptr<Collector> collector;
  std::map<std::string, Names> sets;
  Names targets;
  const auto add = [&](const Batch& batch, const Rows& test) {
    if (!collector) {
      const auto labels = asked_labels(batch, options.labels);
      check_classes(options.classes, labels);
      Names observed, names;
      for (const auto& entry : batch.blocks) names.push_back(entry.first);
      for (const auto& name : model.modalities())
        if (has(names, name) && !has(labels, name)) observed.push_back(name);
      if (observed.empty())
        base::user_error("the model reads {}; the data have {}, of which {} are labels: nothing is left to give it",
                         base::quoted_list(model.modalities()), base::quoted_list(names), base::quoted_list(labels));
      targets = asked_targets(predictor, labels, options.given);
      sets = input_sets(observed, batch);
      std::set<std::string> titles = {title_of(observed, observed)};
      for (const auto& given : options.given)
        if (!titles.insert(title_of(given, observed)).second)
          base::user_error("the same inputs are given twice: {}", base::quoted_list(given));
      collector = std::make_unique<Collector>(options, observed, labels);
    }
    collector->check(batch);
    if (options.vectors)
      for (const auto& [name, given] : sets) collector->add_vectors(model, batch, name, given);
    if (options.vectors) collector->add_halves(model, batch, test);
    if (!targets.empty()) {
      collector->add_posteriors(*predictor, batch, test, targets, collector->observed());
      for (const auto& given : options.given) collector->add_posteriors(*predictor, batch, test, targets, given);
    }
    for (const auto& name : any != nullptr && options.rebuild ? any->targets() : Names{})
      if (const auto found = batch.blocks.find(name);
          found != batch.blocks.end() && !std::holds_alternative<modalities::ScalarBlock>(found->second))
        collector->add_reconstruction(any->codec(name), name, batch, test);
    if (filler != nullptr) hidden.add(*filler, batch, collector->rows());
    collector->add_objects(batch, test);
  };
  const auto next_source = [&] {
    if (collector) collector->next_source();
    hidden.next_source();
  };
  const auto not_learned = for_each_judged_batch(learn, source, options, add, next_source);
  auto out = collector->finish();
  out.not_learned = not_learned;
  hidden.finish(out.subject);
  out.subject.name = model.kind();
  return out;
}

Collected collect(const tokenizers::Tokenizer& tokenizer, const std::string& modality, data::BatchSource& source,
                  const CollectOptions& options, data::BatchSource* learn) {
  if (!options.given.empty()) base::user_error("--given: a tokenizer gives no posteriors; leave it out");
  std::unique_ptr<Collector> collector;
  const auto filler = gap_filler(tokenizer, modality, options.rebuild_as.calibration);
  HiddenGatherer hidden(options.hidden ? options.reconstructions : 0);
  const auto add = [&](const Batch& batch, const Rows& test) {
    if (!batch.blocks.contains(modality)) base::user_error("the data have no '{}' for this tokenizer", modality);
    if (!collector) check_rebuild_as(options.rebuild_as, batch.blocks.at(modality));
    if (!collector) {
      const auto labels = asked_labels(batch, options.labels);
      check_classes(options.classes, labels);
      collector = std::make_unique<Collector>(options, Names{}, labels);
    }
    collector->check(batch);
    if (options.rebuild) collector->add_reconstruction(tokenizer, modality, batch, test);
    if (options.vectors) collector->add_token_vectors(tokenizer, modality, batch);
    hidden.add(*filler, batch, collector->rows());
    collector->add_objects(batch, test);
  };
  const auto not_learned = for_each_judged_batch(learn, source, options, add, [&] {
    if (collector) collector->next_source();
    hidden.next_source();
  });
  auto out = collector->finish();
  hidden.finish(out.subject);
  out.not_learned = not_learned;
  out.subject.name = tokenizer.kind();
  return out;
}

}  // namespace asterism::eval
