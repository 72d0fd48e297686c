#include "eval/drawn/drawn_blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <unordered_map>

#include "base/error.h"
#include "base/random.h"
#include "base/signals.h"
#include "eval/drawn/asked_draws.h"
#include "eval/drawn/row_pixels.h"
#include "eval/judged_batches.h"
#include "eval/questions/task.h"
#include "tokenizers/in_unit.h"

namespace asterism::eval {
namespace {

using modalities::Batch;
using Rows = std::vector<int64_t>;
using Members = std::vector<std::vector<float>>;

constexpr int64_t kAtOnce = 16;  // objects whose draws are in memory together
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

// As an observation with these inverse variances would show it.
std::vector<float> with_noise(std::vector<float> flux, const std::vector<float>& ivar, base::Random random) {
  for (size_t p = 0; p < flux.size(); ++p)
    if (ivar[p] > 0) flux[p] += float(random.normal() / std::sqrt(double(ivar[p])));
  return flux;
}

std::vector<float> mean_of(const Members& members) {
  std::vector<float> out(members.front().size());
  for (size_t p = 0; p < out.size(); ++p) {
    double sum = 0;
    for (const auto& member : members) sum += double(member[p]);
    out[p] = float(sum / double(members.size()));
  }
  return out;
}

// The mean over the members that know a pixel; NaN where none does.
std::vector<float> mean_of_known(const Members& members) {
  std::vector<float> out(members.front().size());
  for (size_t p = 0; p < out.size(); ++p) {
    double sum = 0;
    int64_t count = 0;
    for (const auto& member : members) {
      if (!std::isfinite(member[p])) continue;
      sum += double(member[p]);
      ++count;
    }
    out[p] = count > 0 ? float(sum / double(count)) : std::numeric_limits<float>::quiet_NaN();
  }
  return out;
}

// Observations of training objects, by row, that stand beside the draws of one target.
struct Kept {
  std::set<int64_t> wanted;
  std::map<int64_t, RowPixels> rows;
  std::set<int64_t> pool;
  std::map<int64_t, std::vector<int64_t>> pool_ids;
  std::string unit;  // of the tokenizer
};

// p(target | given) while the data go by.
class Sitting {
 public:
  Sitting(const models::AnyToAny& model, AskedDraws asked, int64_t draws)
      : model_(model), asked_(std::move(asked)), draws_(draws) {
    for (size_t i = 0; i < asked_.rows.size(); ++i) place_[asked_.rows[i]] = i;
    observed_.resize(asked_.rows.size());
    reached_.resize(asked_.rows.size());
    tokens_.resize(asked_.rows.size());
    objects_.resize(asked_.rows.size());
    made_.name = "model, given " + asked_.title;
    floor_ = {"its tokens and back", true, {}, {}};
    made_.ln_p_token.assign(asked_.rows.size(), kUnknown);
  }
  const AskedDraws& asked() const { return asked_; }
  // Objects of the batch that are judged; `first`: the row of its first object.
  void add(const Batch& batch, int64_t first);
  DrawnBlocks finish(const Kept& kept);

 private:
  void judge(const Batch& part, const std::vector<size_t>& places);
  void score(DrawnMethod& method, size_t place, const std::vector<float>& centre, const Members& members) const;
  void add_beside(const Kept& kept, DrawnBlocks& out) const;
  void add_code_frequencies(const Kept& kept, DrawnBlocks& out) const;

  const models::AnyToAny& model_;
  AskedDraws asked_;
  int64_t draws_;
  std::unordered_map<int64_t, size_t> place_;  // of a row among the judged
  std::vector<uint8_t> central_;               // of images
  std::vector<RowPixels> observed_;
  std::vector<std::vector<uint8_t>> reached_;  // pixels that the draws reach
  std::vector<std::vector<int64_t>> tokens_;   // of what was observed; empty: it has none
  std::vector<uint64_t> objects_;
  DrawnMethod made_, floor_;
};

void Sitting::score(DrawnMethod& method, size_t place, const std::vector<float>& centre, const Members& members) const {
  const auto& seen = observed_[place];
  const auto put = [&](const std::string& region, const std::vector<uint8_t>& use) {
    auto& scores = method.scores[region];
    scores.resize(observed_.size());
    scores[place] = score_ensemble(seen.flux, seen.ivar, use, centre, members);
  };
  auto use = reached_[place];
  put("", use);
  if (central_.empty()) return;
  for (size_t p = 0; p < use.size(); ++p) use[p] = use[p] != 0 && central_[p] != 0 ? 1 : 0;
  put("centre", use);
}

void Sitting::add(const Batch& batch, int64_t first) {
  Rows rows;
  std::vector<size_t> places;
  const auto judge_these = [&] {
    if (!rows.empty()) judge(modalities::select(batch, rows), places);
    rows.clear();
    places.clear();
  };
  for (int64_t i = 0; i < batch.size(); ++i) {
    const auto found = place_.find(first + i);
    if (found == place_.end()) continue;
    rows.push_back(i);
    places.push_back(found->second);
    if (int64_t(rows.size()) == kAtOnce) judge_these();
  }
  judge_these();
}

void Sitting::judge(const Batch& part, const std::vector<size_t>& places) {
  base::stop_if_requested("stopped by a signal; nothing was written");
  const auto& codec = model_.codec(asked_.target);
  const auto both = rebuild_as(codec, part.blocks.at(asked_.target), {});
  models::PredictRequest request;
  request.given = asked_.given;
  request.targets = {asked_.target};
  request.sampler.samples = draws_;
  const auto drawn = model_.predict(part, request).blocks.at(asked_.target).ids_NT;
  const auto everyone = at::ones({part.size()}, at::kBool);
  std::vector<modalities::Block> decoded;
  decoded.reserve(drawn.size());
  for (const auto& ids : drawn) decoded.push_back(decode_onto(codec, {ids, everyone}, both.observed));
  const auto ln_p = model_.log_likelihood_N(part, asked_.given, asked_.target).to(at::kDouble).contiguous();
  const auto ids = both.tokens.ids.contiguous();
  const auto present = both.tokens.present.to(at::kBool).contiguous();
  if (central_.empty()) central_ = central_pixels(both.observed);
  for (size_t i = 0; i < places.size(); ++i) {
    const auto place = places[i];
    const auto row = int64_t(i);
    observed_[place] = row_pixels(both.observed, row);
    objects_[place] = part.objects[i].hash();
    made_.ln_p_token[place] = ln_p.const_data_ptr<double>()[i] / double(ids.size(1));
    if (present.const_data_ptr<bool>()[i])
      tokens_[place].assign(ids.const_data_ptr<int64_t>() + row * ids.size(1),
                            ids.const_data_ptr<int64_t>() + (row + 1) * ids.size(1));
    Members clean, noisy, again;
    const auto back = row_pixels(both.rebuilt, row).flux;
    const auto noise = [&](const std::string& of, size_t s) {
      return base::Random(uint64_t(s), 0, objects_[place], of + " noise of " + asked_.target);
    };
    for (size_t s = 0; s < decoded.size(); ++s) {
      clean.push_back(row_pixels(decoded[s], row).flux);
      noisy.push_back(with_noise(clean.back(), observed_[place].ivar, noise("drawn", s)));
      again.push_back(with_noise(back, observed_[place].ivar, noise("rebuilt", s)));
    }
    const auto centre = mean_of(clean);
    auto& reached = reached_[place];
    reached.resize(centre.size());
    for (size_t p = 0; p < centre.size(); ++p) reached[p] = std::isfinite(centre[p]) ? 1 : 0;
    score(made_, place, centre, noisy);
    score(floor_, place, back, again);
  }
}

// Training objects: the nearest, some at random, the mean of many.
void Sitting::add_beside(const Kept& kept, DrawnBlocks& out) const {
  DrawnMethod near{fmt::format("{}, {} neighbours", asked_.features, draws_), true, {}, {}};
  DrawnMethod random{fmt::format("{} training objects at random", draws_), true, {}, {}};
  DrawnMethod mean{fmt::format("mean of {} training objects", asked_.pool.size()), true, {}, {}};
  const bool enough = int64_t(asked_.pool.size()) >= draws_;
  std::vector<float> middle, grid;  // the mean of the pool, on these wavelengths
  for (size_t i = 0; i < asked_.rows.size(); ++i) {
    const auto& seen = observed_[i];
    if (seen.flux.empty()) continue;
    const auto onto = [&](const Rows& rows) {
      Members members;
      for (const int64_t row : rows) members.push_back(flux_onto(kept.rows.at(row), seen));
      return members;
    };
    if (!asked_.neighbours.empty()) {
      const auto members = onto(asked_.neighbours[i]);
      score(near, i, mean_of(members), members);
    }
    if (!enough) continue;
    if (middle.empty() || grid != seen.wavelength_angstrom) {
      middle = mean_of_known(onto(asked_.pool));
      grid = seen.wavelength_angstrom;
    }
    score(mean, i, middle, {});
    auto picks = asked_.pool;
    base::Random dice(0, 0, objects_[i], "training objects beside draws");
    dice.shuffle(picks);
    picks.resize(size_t(draws_));
    const auto members = onto(picks);
    score(random, i, mean_of(members), members);
  }
  for (auto* method : {&near, &random, &mean})
    if (!method->scores.empty()) out.methods.push_back(std::move(*method));
}

// What a code is worth that is known by how often training has it, and not at all.
void Sitting::add_code_frequencies(const Kept& kept, DrawnBlocks& out) const {
  const auto vocabulary = size_t(model_.codec(asked_.target).vocabulary());
  std::vector<double> count(vocabulary, 0.5);
  double total = 0.5 * double(vocabulary);
  for (const int64_t row : asked_.pool) {
    const auto found = kept.pool_ids.find(row);
    if (found == kept.pool_ids.end()) continue;
    for (const int64_t id : found->second) count[size_t(id)] += 1;
    total += double(found->second.size());
  }
  DrawnMethod often{fmt::format("codes as often as in {} training objects", asked_.pool.size()), true, {}, {}};
  DrawnMethod any{"every code alike", true, {}, {}};
  for (const auto& tokens : tokens_) {
    double sum = 0;
    for (const int64_t id : tokens) sum += std::log(count[size_t(id)] / total);
    often.ln_p_token.push_back(tokens.empty() ? kUnknown : sum / double(tokens.size()));
    any.ln_p_token.push_back(tokens.empty() ? kUnknown : -std::log(double(vocabulary)));
  }
  if (!asked_.pool.empty()) out.methods.push_back(std::move(often));
  out.methods.push_back(std::move(any));
}

DrawnBlocks Sitting::finish(const Kept& kept) {
  DrawnBlocks out;
  out.target = asked_.target;
  out.given = asked_.title;
  out.draws = draws_;
  out.rows = asked_.rows;
  out.train = asked_.train;
  out.notes = asked_.notes;
  if (int64_t(asked_.rows.size()) < kFewest) return out;
  out.methods.push_back(std::move(made_));
  out.methods.push_back(std::move(floor_));
  add_beside(kept, out);
  add_code_frequencies(kept, out);
  return out;
}

std::string unit_of(const modalities::Block& block) {
  if (const auto* image = std::get_if<modalities::ImageBlock>(&block)) return image->unit;
  return std::get<modalities::SpectrumBlock>(block).unit;
}

void keep_rows(Kept& kept, const tokenizers::Tokenizer& codec, const modalities::Block& block, int64_t first) {
  Rows rows;
  for (auto row = kept.wanted.lower_bound(first); row != kept.wanted.end() && *row < first + modalities::rows(block);
       ++row)
    rows.push_back(*row - first);
  if (rows.empty()) return;
  const auto chosen = modalities::select(block, rows);
  if (kept.unit.empty()) kept.unit = unit_of(rebuild(codec, modalities::select(chosen, {0})));
  const tokenizers::InUnit given(chosen, modalities::kind(chosen), kept.unit, "evaluate");
  Rows pool;
  for (size_t i = 0; i < rows.size(); ++i) {
    auto pixels = row_pixels(*given, int64_t(i));
    pixels.ivar.clear();
    kept.rows[first + rows[i]] = std::move(pixels);
    if (kept.pool.contains(first + rows[i])) pool.push_back(int64_t(i));
  }
  if (pool.empty()) return;
  const auto tokens = codec.encode(modalities::select(chosen, pool));
  const auto ids = tokens.ids.contiguous();
  const auto present = tokens.present.to(at::kBool).contiguous();
  for (int64_t i = 0; i < int64_t(pool.size()); ++i)
    if (present.const_data_ptr<bool>()[i])
      kept.pool_ids[first + rows[size_t(pool[size_t(i)])]].assign(
          ids.const_data_ptr<int64_t>() + i * ids.size(1), ids.const_data_ptr<int64_t>() + (i + 1) * ids.size(1));
}

std::map<std::string, Kept> wanted_rows(const std::vector<AskedDraws>& asked) {
  std::map<std::string, Kept> out;
  for (const auto& one : asked) {
    auto& kept = out[one.target];
    kept.wanted.insert(one.pool.begin(), one.pool.end());
    kept.pool.insert(one.pool.begin(), one.pool.end());
    for (const auto& rows : one.neighbours) kept.wanted.insert(rows.begin(), rows.end());
  }
  return out;
}

}  // namespace

void add_drawn_blocks(const models::Model& model, data::BatchSource& source, data::BatchSource* learn,
                      const CollectOptions& options, Collected& collected) {
  const at::NoGradGuard no_grad;
  const auto& any = check_drawn_blocks(model);
  const auto asked = asked_draws(any, source, learn, options, collected);
  auto kept = wanted_rows(asked);
  std::vector<Sitting> sittings;
  sittings.reserve(asked.size());
  for (const auto& one : asked) sittings.emplace_back(any, one, options.draws);
  std::set<std::string> silent;  // targets whose files give no variance
  int64_t first = 0;
  const auto add = [&](const Batch& batch, const Rows&) {
    for (auto& [target, rows] : kept) {
      const auto found = batch.blocks.find(target);
      if (found == batch.blocks.end()) continue;
      if (!has_noise(found->second)) silent.insert(target);
      if (!silent.contains(target)) keep_rows(rows, any.codec(target), found->second, first);
    }
    for (auto& sitting : sittings)
      if (!silent.contains(sitting.asked().target) && int64_t(sitting.asked().rows.size()) >= kFewest)
        sitting.add(batch, first);
    first += batch.size();
  };
  for_each_judged_batch(learn, source, options, add, [] {});
  for (auto& sitting : sittings) {
    const auto& target = sitting.asked().target;
    if (!silent.contains(target)) {
      collected.subject.drawn_blocks.push_back(sitting.finish(kept.at(target)));
      continue;
    }
    DrawnBlocks none;
    none.target = target;
    none.given = sitting.asked().title;
    none.notes.push_back(target + ": the file gives no variance, and draws cannot be judged in units of the noise");
    collected.subject.drawn_blocks.push_back(std::move(none));
  }
}

}  // namespace asterism::eval
