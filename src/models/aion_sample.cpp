#include "models/aion_sample.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>

#include "base/error.h"
#include "base/random.h"
#include "models/aion_sequence.h"
#include "models/draw_rounds.h"
#include "models/maskgit.h"
#include "nn/device.h"

namespace asterism::models {
namespace {

// The worlds of a guidance, which names inputs by their token keys or as datasets do.
std::vector<World> worlds_of_tokens(const Aion& model, const std::vector<AionTokens>& given, const Guidance& guidance) {
  std::vector<std::string> keys;
  for (const auto& t : given) keys.push_back(t.key);
  const auto known = model.inputs().modalities();
  auto by_key = guidance;
  by_key.of.clear();
  for (const auto& [name, weight] : guidance.of) {
    const bool is_key = std::find(keys.begin(), keys.end(), name) != keys.end();
    const bool of_dataset = !is_key && std::find(known.begin(), known.end(), name) != known.end();
    by_key.of[of_dataset ? model.inputs().reader(name).key : name] += weight;
  }
  return worlds_of(keys, by_key);
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

// What a grid is drawn from: given what is drawn so far, which goes into the encoder too and is seen in every world.
// Before anything is drawn several draws ask the same: MaskGIT of all tokens, so that the logits are kept, random
// orders of others, so that what is given stays encoded.
class GridLogits {
 public:
  GridLogits(const Aion& model, const std::vector<AionTokens>& given, const std::string& target,
             const AionSampling& how, bool several)
      : model_(model),
        given_(given),
        target_(target),
        worlds_(worlds_of_tokens(model, given, how.guidance)),
        keep_logits_(several && how.scheme == "maskgit"),
        keep_context_(several && how.scheme != "maskgit") {
    const auto& net = model.network();
    facts_ = net.modalities[size_t(net.target(target))].facts;
  }

  const AionModality& facts() const { return facts_; }

  at::Tensor operator()(const at::Tensor& ids_NL, const at::Tensor& known_NL, const at::Tensor& asked_NL) {
    const bool first = !known_NL.any().item<bool>();
    if (first && first_RV_.defined()) return first_RV_.clone();
    auto inputs = given_;
    if (inputs.empty() || !first) inputs.push_back({target_, ids_NL, known_NL.logical_not()});
    auto worlds = worlds_;
    for (auto& w : worlds) w.shown.resize(inputs.size(), 1);
    const auto W = int64_t(worlds.size());
    const auto asked = asked_NL.repeat({W, 1}),
               all = first && keep_context_ ? model_.logits_of(context(inputs, worlds), target_, asked)
                                            : model_.logits_at(in_all_worlds(inputs, worlds), target_, asked);
    auto out_RV = mixed(all.view({W, -1, all.size(1)}), worlds);
    if (facts_.codes > 0) out_RV.narrow(1, facts_.codes, facts_.vocabulary - facts_.codes).fill_(-INFINITY);
    if (first && keep_logits_) first_RV_ = out_RV.clone();
    return out_RV;
  }

 private:
  const SegmentDecoder::Context& context(const std::vector<AionTokens>& inputs, const std::vector<World>& worlds) {
    if (!context_) context_ = model_.context_of(model_.encode(in_all_worlds(inputs, worlds)));
    return *context_;
  }

  const Aion& model_;
  const std::vector<AionTokens>& given_;
  const std::string& target_;
  std::vector<World> worlds_;
  bool keep_logits_, keep_context_;
  AionModality facts_;
  std::optional<SegmentDecoder::Context> context_;
  at::Tensor first_RV_;
};

void check(const Aion& model, const std::vector<AionTokens>& given, const std::string& target,
           const std::vector<uint64_t>& objects, const AionSampling& how) {
  const auto& net = model.network();
  const auto& facts = net.modalities[size_t(net.target(target))].facts;
  check_drawing(target, facts.sequence, how.scheme, how.temperature, how.top_k, how.top_p);
  for (const auto& t : given) {
    if (t.key == target) base::user_error("'{}' is both given and asked for: leave it out of one", target);
    if (t.ids_NL.size(0) != int64_t(objects.size()))
      base::user_error("'{}' has {} objects, and {} keys of objects are given", t.key, t.ids_NL.size(0),
                       objects.size());
  }
  if (facts.tokens() > 1 && !facts.sequence) net.input(target);  // what is drawn must be readable
}

at::Tensor draw_sequence(const Aion& model, const std::vector<AionTokens>& given, const std::string& target,
                         const std::vector<uint64_t>& objects, const AionSampling& how, uint64_t seed) {
  const auto worlds = worlds_of_tokens(model, given, how.guidance);
  SequenceDecoder decoder(model, in_all_worlds(given, worlds), target, int64_t(objects.size() * worlds.size()));
  const auto n = int64_t(objects.size()), W = int64_t(worlds.size());
  auto ids_NL = at::zeros({n, decoder.length()}, at::kLong), current_N = at::full({n}, how.first_id, at::kLong);
  ids_NL.select(1, 0).copy_(current_N);
  auto ended_N = at::zeros({n}, at::kBool);
  for (int64_t l = 1; l < decoder.length() && !ended_N.all().item<bool>(); ++l) {
    const auto logits = decoder.next(current_N.repeat({W})).view({W, n, -1});
    const auto likely = keep_likely(mixed(logits, worlds), how.top_k, how.top_p);
    const auto none_known = at::zeros({n, 1}, at::kBool);
    current_N = draw_codes(likely, keyed_uniforms(none_known, objects, seed, l), how.temperature).ids_R;
    current_N = current_N.to(at::kCPU);
    current_N = current_N.masked_fill(ended_N, 0);
    ids_NL.select(1, l).copy_(current_N);
    ended_N = ended_N.logical_or(current_N.eq(how.last_id));
  }
  return ids_NL;
}

}  // namespace

AionSampling sampling_of(const Sampler& s) {
  AionSampling out;
  out.scheme = s.scheme;
  out.steps = s.steps;
  out.schedule = s.schedule;
  out.temperature = s.temperature;
  out.temperature_schedule = s.temperature_schedule;
  out.top_k = s.top_k;
  out.top_p = s.top_p;
  out.guidance = s.guidance;
  return out;
}

at::Tensor sample_aion(const Aion& model, const std::vector<AionTokens>& given, const std::string& target,
                       const std::vector<uint64_t>& objects, const AionSampling& how) {
  return sample_aion(model, given, target, objects, how, std::vector<uint64_t>{how.seed}).front();
}

std::vector<at::Tensor> sample_aion(const Aion& model, const std::vector<AionTokens>& given, const std::string& target,
                                    const std::vector<uint64_t>& objects, const AionSampling& how,
                                    const std::vector<uint64_t>& seeds) {
  at::NoGradGuard no_grad;
  check(model, given, target, objects, how);
  std::vector<at::Tensor> out;
  if (how.scheme == "autoregressive") {
    for (const auto seed : seeds) out.push_back(draw_sequence(model, given, target, objects, how, seed));
    return out;
  }
  GridLogits logits(model, given, target, how, seeds.size() > 1);
  Rounds rounds;
  rounds.tokens = tokens_by_round(logits.facts().tokens(), how.steps, how.schedule);
  rounds.temperature = temperature_by_round(how.temperature, how.temperature_schedule, rounds.tokens);
  rounds.random_order = how.scheme == "roar";
  rounds.top_k = how.top_k;
  rounds.top_p = how.top_p;
  for (const auto seed : seeds) {
    rounds.seed = seed;
    out.push_back(draw_in_rounds(logits.facts().tokens(), objects, rounds, std::ref(logits)));
  }
  return out;
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
