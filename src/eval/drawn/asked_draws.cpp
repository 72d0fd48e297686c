#include "eval/drawn/asked_draws.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "eval/features.h"
#include "eval/judged_batches.h"
#include "eval/methods/neighbours.h"
#include "eval/observed_inputs.h"
#include "eval/questions/task.h"

namespace asterism::eval {
namespace {

using modalities::Batch;
using Names = std::vector<std::string>;
using Rows = std::vector<int64_t>;

bool holds(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool drawn_kind(const models::ModalitySettings& m) { return m.target && (m.kind == "image" || m.kind == "spectrum"); }

// Everything that each object of the data says before any model is asked.
class Census {
 public:
  Census(const models::AnyToAny& model, const CollectOptions& options, const Collected& collected)
      : model_(model), options_(options), collected_(collected) {}
  void add(const Batch& batch);
  std::vector<AskedDraws> finish();

 private:
  struct Set {  // of inputs
    Names names;
    FeatureGatherer features;
    std::vector<uint8_t> present;  // by row
  };
  void begin(const Batch& batch);
  Names named_sets(const Batch& batch, const std::string& target, const Names& observed, std::vector<Names>& out) const;
  Rows with(const Rows& rows, const AskedDraws& asked) const;
  void find_neighbours(AskedDraws& asked, const Rows& train) const;

  const models::AnyToAny& model_;
  const CollectOptions& options_;
  const Collected& collected_;
  std::map<std::string, Set> sets_;                  // by title
  std::map<std::string, std::vector<uint8_t>> has_;  // by target
  std::vector<AskedDraws> asked_;
};

// Adds to `out` the sets of inputs from which a target is drawn; returns those that cannot be, being asked for.
Names Census::named_sets(const Batch& batch, const std::string& target, const Names& observed,
                         std::vector<Names>& out) const {
  Names with_target;
  for (const auto& given : options_.given) {
    for (const auto& name : given)
      if (!holds(observed, name) && name != target)
        base::user_error(
            "--given: '{}' is nothing that the model reads of these data and that is no label; the "
            "nearest is '{}'",
            name, base::nearest(name, observed));
    if (holds(given, target))
      with_target.push_back(title_of(given, observed));
    else
      out.push_back(given);
  }
  if (!options_.given.empty()) return with_target;
  Names scalars;
  for (const auto& name : observed) {
    if (name == target) continue;
    if (std::holds_alternative<modalities::ScalarBlock>(batch.blocks.at(name)))
      scalars.push_back(name);
    else
      out.push_back({name});
  }
  if (!scalars.empty()) out.push_back(scalars);
  return with_target;
}

void Census::begin(const Batch& batch) {
  const auto observed = observed_inputs(model_, batch, collected_);
  for (const auto& entry : model_.settings().modalities) {
    const auto& target = entry.first;
    if (!drawn_kind(entry.second) || !batch.blocks.contains(target)) continue;
    std::vector<Names> sets;
    const auto left_out = named_sets(batch, target, observed, sets);
    for (const auto& given : sets) {
      AskedDraws one;
      one.target = target;
      one.title = title_of(given, observed);
      if (std::any_of(asked_.begin(), asked_.end(),
                      [&](const auto& other) { return other.target == target && other.title == one.title; }))
        base::user_error("the same inputs are given twice: {}", base::quoted_list(given));
      one.given = given;
      if (!left_out.empty())
        one.notes.push_back(fmt::format("{} is not drawn given itself: {}", target, base::quoted_list(left_out)));
      sets_.try_emplace(one.title, Set{given, FeatureGatherer(given), {}});
      has_[target];
      asked_.push_back(std::move(one));
    }
  }
  if (asked_.empty())
    base::user_error(
        "the question 'drawn': of what the model draws ({}) the data have nothing that could be drawn given something "
        "else: name inputs with --given, or leave the question out",
        base::quoted_list(model_.targets()));
}

void Census::add(const Batch& batch) {
  if (asked_.empty()) begin(batch);
  for (auto& entry : sets_) {
    auto& set = entry.second;
    set.features.add(batch);
    for (int64_t i = 0; i < batch.size(); ++i) {
      bool all = true, scalars = false, any = false;
      for (const auto& name : set.names) {
        const auto found = batch.blocks.find(name);
        const bool there = found != batch.blocks.end() && modalities::present(found->second)[size_t(i)] != 0;
        const bool scalar = model_.settings().modalities.at(name).kind == "scalar";
        scalars = scalars || scalar;
        any = any || (scalar && there);
        all = all && (scalar || there);
      }
      set.present.push_back(all && (any || !scalars));
    }
  }
  for (auto& [target, has] : has_) {
    const auto found = batch.blocks.find(target);
    for (int64_t i = 0; i < batch.size(); ++i)
      has.push_back(found != batch.blocks.end() && modalities::present(found->second)[size_t(i)] != 0);
  }
}

// Of these rows, those that have what is given and what is drawn.
Rows Census::with(const Rows& rows, const AskedDraws& asked) const {
  const auto &given = sets_.at(asked.title).present, &target = has_.at(asked.target);
  Rows out;
  for (const int64_t row : rows)
    if (given.at(size_t(row)) != 0 && target.at(size_t(row)) != 0) out.push_back(row);
  return out;
}

void Census::find_neighbours(AskedDraws& asked, const Rows& train) const {
  std::vector<at::Tensor> tables;
  Names names;
  for (auto& [name, table] : sets_.at(asked.title).features.finish()) {
    tables.push_back(table.values_NF);
    names.push_back(name);
  }
  if (tables.empty()) {
    asked.notes.push_back(fmt::format("{} given {}: no neighbours beside it, what is given has no plain features",
                                      asked.target, asked.title));
    return;
  }
  if (int64_t(train.size()) < std::max<int64_t>(kFewest, options_.draws)) {
    asked.notes.push_back(fmt::format("{} given {}: {} objects to find neighbours among are too few", asked.target,
                                      asked.title, train.size()));
    return;
  }
  const auto values = at::cat(tables, 1);
  const auto known = take_rows(values, train);
  const auto scaler = Scaler::fit(known);
  const auto near = nearest(scaler(known), scaler(take_rows(values, asked.rows)), options_.draws).rows_NK.contiguous();
  const int64_t* row = near.const_data_ptr<int64_t>();
  for (size_t i = 0; i < asked.rows.size(); ++i) {
    auto& mine = asked.neighbours.emplace_back();
    for (int64_t k = 0; k < near.size(1); ++k) mine.push_back(train[size_t(*row++)]);
  }
  asked.features = fmt::format("{}", fmt::join(names, " and "));
  asked.train = int64_t(train.size());
}

std::vector<AskedDraws> Census::finish() {
  for (auto& asked : asked_) {
    asked.rows = with(collected_.split.test, asked);
    asked.rows.resize(std::min(asked.rows.size(), size_t(options_.reconstructions)));
    if (int64_t(asked.rows.size()) < kFewest) continue;
    find_neighbours(asked, with(collected_.split.train, asked));
    Rows known;
    for (const int64_t row : collected_.split.train)
      if (has_.at(asked.target).at(size_t(row)) != 0) known.push_back(row);
    const auto size = std::min<int64_t>(kPoolObjects, int64_t(known.size()));
    for (int64_t i = 0; i < size; ++i) asked.pool.push_back(known[size_t(i * int64_t(known.size()) / size)]);
  }
  return std::move(asked_);
}

}  // namespace

const models::AnyToAny& check_drawn_blocks(const models::Model& model) {
  const auto* any = dynamic_cast<const models::AnyToAny*>(&model);
  if (any == nullptr)
    base::user_error("the question 'drawn' is of models of kind 'any_to_any': one of kind '{}' is not judged by draws",
                     model.kind());
  const auto& known = any->settings().modalities;
  if (std::none_of(known.begin(), known.end(), [](const auto& entry) { return drawn_kind(entry.second); }))
    base::user_error("the question 'drawn': the model predicts {}, no image and no spectrum; leave the question out",
                     base::quoted_list(any->targets()));
  return *any;
}

std::vector<AskedDraws> asked_draws(const models::AnyToAny& model, data::BatchSource& source, data::BatchSource* learn,
                                    const CollectOptions& options, const Collected& collected) {
  Census census(model, options, collected);
  for_each_judged_batch(
      learn, source, options, [&](const Batch& batch, const Rows&) { census.add(batch); }, [] {});
  return census.finish();
}

}  // namespace asterism::eval
