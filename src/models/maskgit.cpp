#include "models/maskgit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "base/error.h"
#include "base/random.h"
#include "models/draw_rounds.h"
#include "nn/device.h"

namespace asterism::models {
namespace {

constexpr int64_t kChunk = 4096;  // rows whose probabilities are held at once
constexpr double kCold = 1e-30;   // below this temperature logits over it are no float32: the likeliest is drawn

// Of the tokens asked for, the `count` of each object that were drawn most surely become known; the first `first` are
// surer than any.
void keep_surest(const at::Tensor& asked_NT, const CodeDraw& draw, int64_t count, int64_t first, at::Tensor& ids_NT,
                 at::Tensor& known_NT) {
  const auto asked = asked_NT.contiguous(), drawn = draw.ids_R.contiguous(),
             sure = draw.probability_R.to(at::kFloat).contiguous();
  const int64_t n = asked.size(0), tokens = asked.size(1);
  ASTERISM_CHECK(drawn.size(0) == asked.sum().item<int64_t>(), "{} draws", drawn.size(0));
  const bool* is_asked = asked.const_data_ptr<bool>();
  int64_t row = 0;
  for (int64_t i = 0; i < n; ++i) {
    std::vector<std::pair<float, std::pair<int64_t, int64_t>>> order;  // -probability, (token, code)
    for (int64_t t = 0; t < tokens; ++t) {
      if (!is_asked[i * tokens + t]) continue;
      order.push_back({t < first ? -2 : -sure.const_data_ptr<float>()[row], {t, drawn.const_data_ptr<int64_t>()[row]}});
      ++row;
    }
    std::sort(order.begin(), order.end());
    for (int64_t k = 0; k < std::min(count, int64_t(order.size())); ++k) {
      const auto& [token, code] = order[size_t(k)].second;
      known_NT.data_ptr<bool>()[i * tokens + token] = true;
      ids_NT.data_ptr<int64_t>()[i * tokens + token] = code;
    }
  }
}

}  // namespace

at::Tensor keyed_uniforms(const at::Tensor& known_NT, const std::vector<uint64_t>& objects, uint64_t seed,
                          int64_t round) {
  const int64_t n = known_NT.size(0), t = known_NT.size(1);
  const bool* known = known_NT.const_data_ptr<bool>();
  std::vector<double> out;
  for (int64_t i = 0; i < n; ++i) {
    base::Random random(seed, uint64_t(round), objects[size_t(i)], "maskgit");
    for (int64_t k = 0; k < t; ++k) {
      const double u = random.uniform();
      if (!known[i * t + k]) out.push_back(u);
    }
  }
  return at::from_blob(out.data(), {int64_t(out.size())}, at::kDouble).clone();
}

at::Tensor keep_likely(const at::Tensor& logits_RV, double top_k, double top_p) {
  const int64_t codes = logits_RV.size(1);
  const double impossible = -std::numeric_limits<double>::infinity();
  auto out = logits_RV;
  if (top_k > 0) {
    const auto kept = int64_t(std::clamp(top_k < 1 ? top_k * double(codes) : top_k, 1.0, double(codes)));
    const auto least = std::get<0>(out.topk(kept, 1)).narrow(1, kept - 1, 1);
    out = out.masked_fill(out < least, impossible);
  }
  if (top_p > 0 && top_p < 1) {
    const auto [sorted, order] = out.sort(1, true);
    const auto p = at::softmax(sorted.to(at::kDouble), 1);
    const auto beyond = (p.cumsum(1) - p) > top_p;  // what comes before it is enough already
    out = out.masked_fill(at::zeros_like(beyond).scatter(1, order, beyond), impossible);
  }
  return out;
}

std::vector<int64_t> unmask_counts(int64_t tokens, int64_t steps, const std::string& schedule) {
  if (steps < 1) base::user_error("{} sampling steps: choose at least 1", steps);
  if (schedule != "cosine" && schedule != "linear")
    base::user_error("no schedule '{}'; the nearest is '{}'", schedule, base::nearest(schedule, {"cosine", "linear"}));
  steps = std::min(steps, tokens);
  std::vector<int64_t> counts;
  int64_t masked = tokens;
  for (int64_t i = 1; i <= steps; ++i) {
    const double done = double(i) / double(steps);
    const double left = schedule == "cosine" ? std::cos(done * std::numbers::pi / 2) : 1 - done;
    const int64_t later_rounds = steps - i;  // each of them must have a token to fix
    const int64_t after =
        i == steps ? 0 : std::min(std::max(int64_t(std::lround(left * double(tokens))), later_rounds), masked - 1);
    counts.push_back(masked - after);
    masked = after;
  }
  return counts;
}

CodeDraw draw_codes(const at::Tensor& logits_RV, const at::Tensor& uniform_R, double temperature) {
  const int64_t rows = logits_RV.size(0), codes = logits_RV.size(1);
  std::vector<at::Tensor> ids, probabilities;
  for (int64_t start = 0; start < rows; start += kChunk) {
    const auto logits = logits_RV.narrow(0, start, std::min(kChunk, rows - start)).to(at::kFloat);
    const auto probability = at::softmax(temperature > kCold ? logits / temperature : logits, 1);
    at::Tensor id;
    if (temperature <= kCold) {
      id = logits.argmax(1, true);
    } else {
      const auto cumulative = probability.to(at::kDouble).cumsum(1);
      const auto wanted = nn::onto(logits.device(), uniform_R.narrow(0, start, logits.size(0))).unsqueeze(1) *
                          cumulative.narrow(1, codes - 1, 1);
      id = at::searchsorted(cumulative, wanted, false, true).clamp_max(codes - 1);
    }
    ids.push_back(id.squeeze(1));
    probabilities.push_back(probability.gather(1, id).squeeze(1));
  }
  if (ids.empty()) return {at::zeros({0}, at::kLong), at::zeros({0})};
  return {at::cat(ids).cpu(), at::cat(probabilities).cpu()};
}

at::Tensor draw_in_rounds(int64_t tokens, const std::vector<uint64_t>& objects, const Rounds& rounds,
                          const CodeLogits& logits) {
  ASTERISM_CHECK(rounds.tokens.size() == rounds.temperature.size(), "{} rounds, {} temperatures", rounds.tokens.size(),
                 rounds.temperature.size());
  const auto n = int64_t(objects.size());
  auto ids_NT = at::zeros({n, tokens}, at::kLong), known_NT = at::zeros({n, tokens}, at::kBool);
  const auto ranks_NT = rounds.random_order ? random_ranks(objects, tokens, rounds.seed, rounds.first) : at::Tensor();
  int64_t fixed = 0;
  for (size_t round = 0; round < rounds.tokens.size() && n > 0; ++round) {
    const int64_t count = rounds.tokens[round];
    const double temperature = rounds.temperature[round];
    const auto asked_NT =
        ranks_NT.defined() ? ranks_NT.ge(fixed).logical_and(ranks_NT.lt(fixed + count)) : known_NT.logical_not();
    auto logits_RV = logits(ids_NT, known_NT, asked_NT);
    if (temperature > 0) logits_RV = keep_likely(logits_RV, rounds.top_k, rounds.top_p);
    const auto uniform_R = keyed_uniforms(asked_NT.logical_not(), objects, rounds.seed, int64_t(round));
    keep_surest(asked_NT, draw_codes(logits_RV, uniform_R, temperature), count, rounds.first, ids_NT, known_NT);
    fixed += count;
  }
  return ids_NT;
}

at::Tensor maskgit(int64_t tokens, const std::vector<uint64_t>& objects, const MaskgitSettings& settings,
                   const CodeLogits& logits) {
  auto counts = unmask_counts(tokens, settings.steps, settings.schedule);
  if (counts.size() > 1 && counts[0] < settings.first) {  // what the first round has more, the last has less
    counts.back() -= settings.first - counts[0];
    counts[0] = settings.first;
    ASTERISM_CHECK(counts.back() > 0, "{} tokens of {} in the first round", settings.first, tokens);
  }
  Rounds rounds;
  rounds.temperature = temperature_by_round(settings.temperature, settings.temperature_schedule, counts);
  rounds.tokens = std::move(counts);
  rounds.random_order = settings.scheme == "roar";
  rounds.top_k = settings.top_k;
  rounds.top_p = settings.top_p;
  rounds.seed = settings.seed;
  rounds.first = settings.first;
  return draw_in_rounds(tokens, objects, rounds, logits);
}

}  // namespace asterism::models
