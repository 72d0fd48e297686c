#include "eval/matches/matches.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "data/hats_read.h"
#include "data/inspect.h"
#include "data/split.h"
#include "nn/device.h"

namespace asterism::eval {
namespace {

constexpr int64_t kBatch = 64;

using Names = std::vector<std::string>;

bool holds(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool has(const modalities::Batch& batch, int64_t row, const std::string& name) {
  const auto found = batch.blocks.find(name);
  return found != batch.blocks.end() && modalities::present(found->second)[size_t(row)] != 0;
}

bool same(const modalities::ObjectKey& a, const modalities::ObjectKey& b) {
  return a.id == b.id && a.survey == b.survey;
}

models::Model::Embedded embed(const models::Model& model, const modalities::Batch& batch, const std::string& name,
                              bool any_instrument) {
  models::EmbedRequest request;
  request.given = {name};
  request.normalise = true;
  request.any_instrument = any_instrument;
  auto out = model.embed(batch, request);
  const auto length = at::linalg_vector_norm(out.vectors_ND, 2, {-1}, true).clamp_min(1e-12);
  out.vectors_ND = (out.vectors_ND / length).to(at::kDouble);
  return out;
}

// The one that was named, or the first of its kind that both know.
std::string chosen(const std::string& named, const char* kind, const Names& shared, const MatchesOptions& options) {
  if (!named.empty()) {
    if (!holds(shared, named))
      base::user_error("{} and {} do not share '{}'; the nearest that they do is '{}'", options.model.string(),
                       options.dataset.string(), named, base::nearest(named, shared));
    return named;
  }
  for (const auto& name : shared)
    if (name.rfind(kind, 0) == 0) return name;
  base::user_error("{} and {} share no {}: name what to ask with and what to look for (--from, --to) among {}",
                   options.model.string(), options.dataset.string(), kind, base::quoted_list(shared));
}

modalities::Batch first_with_both(const data::HatsReader& reader, const std::string& from, const std::string& to) {
  std::optional<modalities::Batch> out;
  bool of_test = false;
  std::vector<std::string> read{from, to};
  if (holds(reader.layout().names(), data::kSplitColumn)) read.emplace_back(data::kSplitColumn);
  reader.for_each(read, kBatch, [&](modalities::Batch&& batch, int64_t) {
    const auto numbers = data::split_numbers(batch);
    for (int64_t i = 0; i < batch.size() && !of_test; ++i) {
      if (!has(batch, i, from) || !has(batch, i, to)) continue;
      of_test = data::Split("test").contains(numbers[size_t(i)]);
      if (of_test || !out) out = modalities::select(batch, {i});
    }
    return !of_test;
  });
  if (!out)
    base::user_error("no object of {} has both {} and {}; name one with --object", reader.path().string(), from, to);
  return *std::move(out);
}

// Keeps the nearest, nearest first; of equal ones those that came first.
void keep(std::vector<Match>& nearest, Match&& match, size_t most) {
  const auto place = std::upper_bound(nearest.begin(), nearest.end(), match.cosine,
                                      [](double cosine, const Match& other) { return cosine > other.cosine; });
  nearest.insert(place, std::move(match));
  if (nearest.size() > most) nearest.pop_back();
}

}  // namespace

Matches matches(const models::Model& model, const modalities::Batch& object, const BatchPass& pass,
                const MatchesOptions& options) {
  ASTERISM_CHECK(object.size() == 1 && options.nearest > 0, "{} objects, {} nearest", object.size(), options.nearest);
  if (!has(object, 0, options.from))
    base::user_error("'{}' has no {}: name another object", object.objects[0].id, options.from);
  Matches out;
  out.object = object;
  out.from = options.from;
  out.to = options.to;
  const auto query = embed(model, object, options.from, options.any_instrument);
  if (!query.present_N[0].item<bool>())
    base::user_error("the model sees nothing in {} of '{}', which is masked all over: name another object",
                     options.from, object.objects[0].id);
  std::vector<double> cosines;
  std::optional<double> own;
  pass([&](modalities::Batch&& batch) {
    if (batch.blocks.find(options.to) == batch.blocks.end()) return true;
    const auto there = embed(model, batch, options.to, options.any_instrument);
    const auto cosine = at::mv(there.vectors_ND, query.vectors_ND[0]).contiguous();
    for (int64_t i = 0; i < batch.size(); ++i) {
      if (!there.present_N[i].item<bool>()) continue;
      const double value = cosine.data_ptr<double>()[i];
      const bool is_own = same(batch.objects[size_t(i)], object.objects[0]);
      if (is_own) own = value;
      cosines.push_back(value);
      if (int64_t(out.nearest.size()) < options.nearest || value > out.nearest.back().cosine)
        keep(out.nearest, {modalities::select(batch, {i}), value, is_own}, size_t(options.nearest));
    }
    return true;
  });
  out.among = int64_t(cosines.size());
  if (!own) return out;
  out.own_cosine = *own;
  for (const double value : cosines) out.own_rank += value > *own ? 1.0 : value == *own ? 0.5 : 0.0;
  out.own_rank += 0.5;  // its own counts half, as one that is equal
  return out;
}

Matches matches(const MatchesOptions& given) {
  const auto model = models::load_model(given.model, nn::choose_device(given.device));
  const auto reader = data::HatsReader::open(given.dataset);
  Names shared;
  for (const auto& name : model->modalities())
    if (holds(reader.layout().names(), name)) shared.push_back(name);
  if (shared.empty())
    base::user_error("{} holds nothing that the model reads: {}", given.dataset.string(),
                     base::quoted_list(model->modalities()));
  if (given.any_instrument && !model->checks_instrument())
    base::user_error("{}: this model reads any instrument; leave --any-instrument out", given.model.string());
  auto options = given;
  options.from = chosen(given.from, "image", shared, given);
  options.to = chosen(given.to, "spectrum", shared, given);
  if (options.from == options.to)
    base::user_error("'{}' is both what is asked with and what is looked for: choose another --from or --to",
                     options.from);
  const auto object = options.object.empty() ? first_with_both(reader, options.from, options.to)
                                             : data::find_object(reader, options.object);
  const auto pass = [&](const std::function<bool(modalities::Batch &&)>& function) {
    reader.for_each({options.to}, kBatch,
                    [&](modalities::Batch&& batch, int64_t) { return function(std::move(batch)); });
  };
  auto out = matches(*model, object, pass, options);
  if (out.nearest.empty())
    base::user_error("no object of {} has {}: there is nothing to look among", options.dataset.string(), options.to);
  return out;
}

}  // namespace asterism::eval
