#include "models/aion_sample.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <optional>

#include "base/error.h"
#include "base/random.h"
#include "models/aion_sequence.h"
#include "models/maskgit.h"
#include "nn/device.h"

namespace asterism::models {
namespace {

constexpr double kOnexEnd = 100;  // 4M: 1 / x^power from x = 1 to here

// What the logits are mixed of: each world shows some of the inputs, and has a weight.
struct World {
  std::vector<uint8_t> shown;  // by input
  double weight = 1;
};

std::vector<World> worlds_of(const std::vector<AionTokens>& given, const AionSampling& how) {
  const std::vector<uint8_t> all(given.size(), 1), none(given.size(), 0);
  if (how.guidance_of.empty()) {
    if (how.guidance == 1) return {{all, 1}};
    return {{all, how.guidance}, {none, 1 - how.guidance}};
  }
  std::vector<World> out{{none, 1}};
  for (const auto& [key, weight] : how.guidance_of) {
    auto one = none;
    std::vector<std::string> keys;
    for (size_t i = 0; i < given.size(); ++i) {
      keys.push_back(given[i].key);
      one[i] = given[i].key == key;
    }
    if (std::find(one.begin(), one.end(), 1) == one.end())
      base::user_error("guidance by '{}', which is not given; the nearest that is given is '{}'", key,
                       base::nearest(key, keys));
    out[0].weight -= weight;
    out.push_back({one, weight});
  }
  return out;
}

at::Tensor hidden_of(const AionTokens& t) {
  const auto ids = t.ids_NL.dim() == 1 ? t.ids_NL.unsqueeze(1) : t.ids_NL;
  return t.hidden_NL.defined() ? t.hidden_NL.view(ids.sizes()) : at::zeros(ids.sizes(), at::kBool);
}

// All worlds as objects of one batch, world after world.
std::vector<AionTokens> in_all_worlds(const std::vector<AionTokens>& given, const std::vector<World>& worlds) {
  std::vector<AionTokens> out;
  for (size_t i = 0; i < given.size(); ++i) {
    const auto ids = given[i].ids_NL.dim() == 1 ? given[i].ids_NL.unsqueeze(1) : given[i].ids_NL;
    const auto hidden = hidden_of(given[i]);
    std::vector<at::Tensor> each;
    each.reserve(worlds.size());
    for (const auto& w : worlds) each.push_back(w.shown[i] ? hidden : at::ones_like(hidden));
    out.push_back({given[i].key, ids.repeat({int64_t(worlds.size()), 1}), at::cat(each)});
  }
  return out;
}

at::Tensor mixed(const at::Tensor& logits_WRV, const std::vector<World>& worlds) {
  at::Tensor out;
  for (size_t w = 0; w < worlds.size(); ++w) {
    const auto part = logits_WRV[int64_t(w)] * worlds[w].weight;
    out = out.defined() ? out + part : part;
  }
  return out;
}

// A random order of the tokens of each object [N, L]: element l is the rank of token l.
at::Tensor random_ranks(const std::vector<uint64_t>& objects, int64_t tokens, uint64_t seed) {
  auto out = at::empty({int64_t(objects.size()), tokens}, at::kLong);
  for (size_t i = 0; i < objects.size(); ++i) {
    base::Random random(seed, 0, objects[i], "roar");
    std::vector<std::pair<double, int64_t>> drawn;
    for (int64_t l = 0; l < tokens; ++l) drawn.emplace_back(random.uniform(), l);
    std::sort(drawn.begin(), drawn.end());
    for (int64_t rank = 0; rank < tokens; ++rank)
      out.data_ptr<int64_t>()[int64_t(i) * tokens + drawn[size_t(rank)].second] = rank;
  }
  return out;
}

// Draws rounds of a grid.
class GridSampler {
 public:
  GridSampler(const Aion& model, const std::vector<AionTokens>& given, const std::string& target,
              const std::vector<uint64_t>& objects, const AionSampling& how)
      : model_(model), given_(given), target_(target), objects_(objects), how_(how), worlds_(worlds_of(given, how)) {
    const auto& net = model.network();
    facts_ = net.modalities[size_t(net.target(target))].facts;
    const auto n = int64_t(objects.size());
    ids_NL_ = at::zeros({n, facts_.tokens()}, at::kLong);
    known_NL_ = at::zeros({n, facts_.tokens()}, at::kBool);
    if (how.scheme == "roar") ranks_NL_ = random_ranks(objects, facts_.tokens(), how.seed);
  }

  void round(int64_t number, int64_t count, double temperature) {
    const int64_t fixed = known_NL_.size(0) > 0 ? known_NL_[0].sum().item<int64_t>() : 0;
    const auto asked_NL =
        ranks_NL_.defined() ? ranks_NL_.ge(fixed).logical_and(ranks_NL_.lt(fixed + count)) : known_NL_.logical_not();
    auto logits_RV = logits(asked_NL).to(at::kFloat);
    if (facts_.codes > 0) logits_RV.narrow(1, facts_.codes, facts_.vocabulary - facts_.codes).fill_(-INFINITY);
    if (temperature > 0) logits_RV = keep_likely(logits_RV, how_.top_k, how_.top_p);
    const auto uniform = keyed_uniforms(asked_NL.logical_not(), objects_, how_.seed, number);
    const auto draw = draw_codes(logits_RV, uniform, temperature);
    keep(asked_NL, draw, count);
  }

  const at::Tensor& ids() const { return ids_NL_; }

 private:
  at::Tensor logits(const at::Tensor& asked_NL) const {
    auto inputs = given_;
    if (known_NL_.any().item<bool>()) inputs.push_back({target_, ids_NL_, known_NL_.logical_not()});
    auto worlds = worlds_;
    if (inputs.empty()) inputs.push_back({target_, ids_NL_, known_NL_.logical_not()});
    for (auto& w : worlds) w.shown.resize(inputs.size(), 1);  // what is drawn is seen in every world
    const auto W = int64_t(worlds.size());
    const auto all = model_.logits_at(in_all_worlds(inputs, worlds), target_, asked_NL.repeat({W, 1}));
    return mixed(all.view({W, -1, all.size(1)}), worlds);
  }

  // Of the tokens asked for, the `count` of each object whose draws were most probable become known.
  void keep(const at::Tensor& asked_NL, const CodeDraw& draw, int64_t count) {
    const auto asked = asked_NL.contiguous(), drawn = draw.ids_R.to(at::kCPU).contiguous(),
               likely = draw.probability_R.to(at::kCPU, at::kFloat).contiguous();
    const bool* is_asked = asked.const_data_ptr<bool>();
    const int64_t L = asked.size(1);
    int64_t row = 0;
    for (int64_t i = 0; i < asked.size(0); ++i) {
      std::vector<std::pair<float, std::pair<int64_t, int64_t>>> order;  // -probability, (token, code)
      for (int64_t l = 0; l < L; ++l)
        if (is_asked[i * L + l]) {
          order.push_back({-likely.const_data_ptr<float>()[row], {l, drawn.const_data_ptr<int64_t>()[row]}});
          ++row;
        }
      std::sort(order.begin(), order.end());
      for (int64_t k = 0; k < std::min<int64_t>(count, int64_t(order.size())); ++k) {
        const auto& [token, code] = order[size_t(k)].second;
        known_NL_.data_ptr<bool>()[i * L + token] = true;
        ids_NL_.data_ptr<int64_t>()[i * L + token] = code;
      }
    }
  }

  const Aion& model_;
  const std::vector<AionTokens>& given_;
  const std::string& target_;
  const std::vector<uint64_t>& objects_;
  const AionSampling& how_;
  std::vector<World> worlds_;
  AionModality facts_;
  at::Tensor ids_NL_, known_NL_, ranks_NL_;
};

void check(const Aion& model, const std::vector<AionTokens>& given, const std::string& target,
           const std::vector<uint64_t>& objects, const AionSampling& how) {
  const auto& net = model.network();
  const auto& facts = net.modalities[size_t(net.target(target))].facts;
  const std::vector<std::string> schemes{"maskgit", "roar", "autoregressive"};
  if (std::find(schemes.begin(), schemes.end(), how.scheme) == schemes.end())
    base::user_error("no sampler '{}'; the nearest is '{}'", how.scheme, base::nearest(how.scheme, schemes));
  if (facts.sequence != (how.scheme == "autoregressive"))
    base::user_error("'{}' is a {} and cannot be drawn by '{}': choose {}", target,
                     facts.sequence ? "sequence" : "grid", how.scheme,
                     facts.sequence ? "'autoregressive'" : "'maskgit' or 'roar'");
  if (how.temperature < 0 || how.top_k < 0 || how.top_p < 0 || how.top_p > 1)
    base::user_error("temperature {}, top_k {}, top_p {}: none may be negative, top_p not above 1", how.temperature,
                     how.top_k, how.top_p);
  for (const auto& t : given) {
    if (t.key == target) base::user_error("'{}' is both given and asked for: leave it out of one", target);
    if (t.ids_NL.size(0) != int64_t(objects.size()))
      base::user_error("'{}' has {} objects, and {} keys of objects are given", t.key, t.ids_NL.size(0),
                       objects.size());
  }
  if (facts.tokens() > 1 && !facts.sequence) net.input(target);  // what is drawn must be readable
}

}  // namespace

std::vector<int64_t> tokens_by_round(int64_t tokens, int64_t steps, const std::string& schedule) {
  if (steps < 1) base::user_error("{} sampling steps: choose at least 1", steps);
  if (schedule != "cosine" && schedule != "linear")
    base::user_error("no schedule '{}'; the nearest is '{}'", schedule, base::nearest(schedule, {"cosine", "linear"}));
  std::vector<int64_t> out;
  int64_t left = tokens;
  for (int64_t i = 0; i < steps; ++i) {
    const double n = double(steps), a = double(i) / n, b = double(i + 1) / n;
    int64_t count = left;
    if (schedule == "linear")
      count = tokens * (i + 1) / steps - tokens * i / steps;
    else if (i + 1 < steps)
      count = int64_t(
          std::nearbyint(double(tokens) * 0.5 * (std::cos(std::numbers::pi * a) - std::cos(std::numbers::pi * b))));
    count = std::min(count, left);
    if (count > 0) out.push_back(count);
    left -= count;
  }
  if (schedule == "linear") std::sort(out.rbegin(), out.rend());
  return out;
}

std::vector<double> temperature_by_round(double temperature, const std::string& schedule,
                                         const std::vector<int64_t>& tokens) {
  const double all = double(std::accumulate(tokens.begin(), tokens.end(), int64_t{0}));
  std::vector<double> out;
  if (schedule == "constant") return std::vector<double>(tokens.size(), temperature);
  if (schedule == "linear") {
    double done = 0;
    for (const int64_t count : tokens) {
      out.push_back(std::max(temperature * (1 - done / all), 1e-9));
      done += double(count);
    }
    return out;
  }
  double least = 0, power = 0;
  char rest = 0;
  if (std::sscanf(schedule.c_str(), "onex:%lf:%lf%c", &least, &power, &rest) != 2)
    base::user_error("no temperature schedule '{}': choose 'constant', 'linear' or 'onex:MIN:POWER'", schedule);
  const auto y = [&](double token) {  // 1 at the first token, 0 at the last
    const double x = all > 1 ? 1 + (kOnexEnd - 1) * token / (all - 1) : 1, end = 1 / std::pow(kOnexEnd, power);
    return all > 1 ? (1 / std::pow(x, power) - end) / (1 - end) : 1;
  };
  double done = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    done += double(tokens[i]);
    out.push_back(std::max(least + (temperature - least) * (1 - done / all) * y(double(i)), 1e-9));
  }
  return out;
}

at::Tensor sample_aion(const Aion& model, const std::vector<AionTokens>& given, const std::string& target,
                       const std::vector<uint64_t>& objects, const AionSampling& how) {
  at::NoGradGuard no_grad;
  check(model, given, target, objects, how);
  if (how.scheme == "autoregressive") {
    const auto worlds = worlds_of(given, how);
    auto inputs = in_all_worlds(given, worlds);
    SequenceDecoder decoder(model, inputs, target, int64_t(objects.size() * worlds.size()));
    const auto n = int64_t(objects.size()), W = int64_t(worlds.size());
    auto ids_NL = at::zeros({n, decoder.length()}, at::kLong), current_N = at::full({n}, how.first_id, at::kLong);
    ids_NL.select(1, 0).copy_(current_N);
    auto ended_N = at::zeros({n}, at::kBool);
    for (int64_t l = 1; l < decoder.length() && !ended_N.all().item<bool>(); ++l) {
      const auto logits = decoder.next(current_N.repeat({W})).view({W, n, -1});
      const auto likely = keep_likely(mixed(logits, worlds), how.top_k, how.top_p);
      const auto none_known = at::zeros({n, 1}, at::kBool);
      current_N = draw_codes(likely, keyed_uniforms(none_known, objects, how.seed, l), how.temperature).ids_R;
      current_N = current_N.to(at::kCPU);
      current_N = current_N.masked_fill(ended_N, 0);
      ids_NL.select(1, l).copy_(current_N);
      ended_N = ended_N.logical_or(current_N.eq(how.last_id));
    }
    return ids_NL;
  }
  GridSampler sampler(model, given, target, objects, how);
  const auto& net = model.network();
  const auto counts =
      tokens_by_round(net.modalities[size_t(net.target(target))].facts.tokens(), how.steps, how.schedule);
  const auto temperatures = temperature_by_round(how.temperature, how.temperature_schedule, counts);
  for (size_t i = 0; i < counts.size(); ++i) sampler.round(int64_t(i), counts[i], temperatures[i]);
  return sampler.ids();
}

std::vector<AionTokens> sample_aion_chain(const Aion& model, std::vector<AionTokens> given,
                                          const std::vector<std::string>& targets, const std::vector<uint64_t>& objects,
                                          const AionSampling& how) {
  std::vector<AionTokens> out;
  for (const auto& target : targets) {
    auto own = how;
    own.seed = how.seed + base::stable_hash(target);
    out.push_back({target, sample_aion(model, given, target, objects, own)});
    if (&target != &targets.back()) given.push_back(out.back());
  }
  return out;
}

at::Tensor aion_log_likelihood_N(const Aion& model, const std::vector<AionTokens>& given, const AionTokens& target) {
  at::NoGradGuard no_grad;
  const auto& net = model.network();
  const auto& facts = net.modalities[size_t(net.target(target.key))].facts;
  for (const auto& t : given)
    if (t.key == target.key) base::user_error("'{}' is both given and asked for: leave it out of one", target.key);
  const auto hidden_NL = hidden_of(target), ids_NL = checked_ids(facts, target.ids_NL, hidden_NL);
  const int64_t n = ids_NL.size(0);
  if (!facts.sequence) {
    const auto asked = at::ones(ids_NL.sizes(), at::kBool);
    const auto logits = model.logits_at(given, target.key, asked).to(at::kDouble);
    const auto wanted = nn::onto(logits.device(), ids_NL.flatten().unsqueeze(1));
    const auto each = at::log_softmax(logits, 1).gather(1, wanted).to(at::kCPU).view(ids_NL.sizes());
    return each.masked_fill(hidden_NL, 0).sum(1);
  }
  SequenceDecoder decoder(model, given, target.key, n);
  auto out = at::zeros({n}, at::kDouble);
  for (int64_t l = 1; l < ids_NL.size(1); ++l) {
    const auto wanted = ids_NL.select(1, l);
    const auto logits = decoder.next(ids_NL.select(1, l - 1)).to(at::kDouble);
    const auto there = nn::onto(logits.device(), wanted.unsqueeze(1));
    const auto each = at::log_softmax(logits, 1).gather(1, there).squeeze(1).to(at::kCPU);
    out += each.masked_fill(wanted.eq(0), 0);
  }
  return out;
}

}  // namespace asterism::models
