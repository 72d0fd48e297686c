#include "models/maskgit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "base/error.h"
#include "base/random.h"
#include "nn/device.h"

namespace asterism::models {
namespace {

constexpr int64_t kChunk = 4096;  // rows whose probabilities are held at once

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
    const auto kept = std::clamp<int64_t>(int64_t(top_k < 1 ? top_k * double(codes) : top_k), 1, codes);
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
    const auto probability = at::softmax(temperature > 0 ? logits / temperature : logits, 1);
    at::Tensor id;
    if (temperature <= 0) {
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

at::Tensor maskgit(int64_t tokens, const std::vector<uint64_t>& objects, const MaskgitSettings& settings,
                   const CodeLogits& logits) {
  const auto n = int64_t(objects.size());
  auto ids_NT = at::zeros({n, tokens}, at::kLong), known_NT = at::zeros({n, tokens}, at::kBool);
  auto counts = unmask_counts(tokens, settings.steps, settings.schedule);
  if (counts.size() > 1 && counts[0] < settings.first) {  // what the first round has more, the last has less
    counts.back() -= settings.first - counts[0];
    counts[0] = settings.first;
    ASTERISM_CHECK(counts.back() > 0, "{} tokens of {} in the first round", settings.first, tokens);
  }
  for (size_t round = 0; round < counts.size() && n > 0; ++round) {
    const auto draw =
        draw_codes(logits(ids_NT, known_NT), keyed_uniforms(known_NT, objects, settings.seed, int64_t(round)),
                   settings.temperature);
    const auto drawn = draw.ids_R.contiguous(), confidence = draw.probability_R.contiguous();
    ASTERISM_CHECK(drawn.size(0) == known_NT.logical_not().sum().item<int64_t>(), "{} draws", drawn.size(0));
    bool* known = known_NT.data_ptr<bool>();
    int64_t row = 0;
    for (int64_t i = 0; i < n; ++i) {
      std::vector<std::pair<float, std::pair<int64_t, int64_t>>> masked;  // -confidence, (token, code)
      for (int64_t k = 0; k < tokens; ++k) {
        if (known[i * tokens + k]) continue;
        const float sure = k < settings.first ? 2 : confidence.const_data_ptr<float>()[row];
        masked.push_back({-sure, {k, drawn.const_data_ptr<int64_t>()[row]}});
        ++row;
      }
      std::sort(masked.begin(), masked.end());
      for (int64_t k = 0; k < counts[round]; ++k) {
        const auto& [token, code] = masked[size_t(k)].second;
        known[i * tokens + token] = true;
        ids_NT.data_ptr<int64_t>()[i * tokens + token] = code;
      }
    }
  }
  return ids_NT;
}

}  // namespace asterism::models
