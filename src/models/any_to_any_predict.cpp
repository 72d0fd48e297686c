// Questions to a finished any-to-any model: posteriors, draws, likelihoods.

#include <cmath>
#include <limits>
#include <optional>

#include "base/error.h"
#include "base/random.h"
#include "models/any_to_any_ask.h"
#include "models/draw_rounds.h"
#include "models/drawn_condition.h"
#include "models/guidance.h"
#include "models/maskgit.h"
#include "models/sample_mean.h"
#include "models/wrap.h"
#include "nn/device.h"

namespace asterism::models {
namespace {

using Network = AnyToAny::Network;

// Logits [R, V] of those codes of target m that are asked for (bool [N, T]), in reading order; the decoder sees them
// and the codes that are known, shown with these ids.
at::Tensor ask_codes(const Network& net, const Conditioned& from, size_t m, const at::Tensor& ids_NT,
                     const at::Tensor& known_NT, const at::Tensor& asked_NT) {
  std::vector<Rows> rows(net.names.size());
  const auto is_known = known_NT.contiguous(), is_asked = asked_NT.contiguous();
  const bool *known = is_known.const_data_ptr<bool>(), *asked = is_asked.const_data_ptr<bool>();
  const int64_t tokens = ids_NT.size(1);
  std::vector<int64_t> masked;
  for (int64_t i = 0; i < from.objects; ++i)
    for (int64_t p = 0; p < tokens; ++p) {
      const int64_t at = i * tokens + p;
      if (!known[at] && !asked[at]) continue;
      if (!known[at]) masked.push_back(rows[m].size());
      rows[m].object.push_back(i);
      rows[m].position.push_back(p);
      rows[m].shown.push_back(known[at]);
    }
  std::vector<tokenizers::Tokens> tokens_of(net.names.size());
  tokens_of[m].ids = ids_NT;
  const auto x_RD = net.decode(rows, pack(rows, everyone(from.objects), 0), from.context, tokens_of, from.drop)[m];
  const auto chosen = copied(masked);
  return net.heads[m]->code_logits(x_RD.index_select(0, nn::onto(x_RD.device(), chosen)),
                                   copied(rows[m].position).index_select(0, chosen));
}

std::vector<uint8_t> inputs_of(const Network& net, const PredictRequest& request, const std::vector<uint8_t>& asked) {
  if (!request.unconditional) return inputs_of(net, request.given, asked);
  if (!request.given.empty()) base::user_error("an unconditional request names inputs: leave out one of the two");
  return std::vector<uint8_t>(net.names.size(), 0);
}

// The objects of a batch as a guidance wants them seen: one encoding for each of its worlds. `whole`: that of all that
// is given, where there is one already.
struct Seen {
  std::vector<World> worlds;
  std::vector<Conditioned> from;
};

Seen see(const Network& net, const modalities::Batch& batch, const std::vector<uint8_t>& given,
         const std::optional<Conditioned>& whole, const Guidance& guidance) {
  std::vector<std::string> names;
  std::vector<size_t> places;
  for (size_t m = 0; m < given.size(); ++m)
    if (given[m]) {
      names.push_back(net.names[m]);
      places.push_back(m);
    }
  Seen out;
  out.worlds = worlds_of(names, guidance);
  for (const auto& world : out.worlds) {
    std::vector<uint8_t> shown(given.size(), 0);
    for (size_t i = 0; i < places.size(); ++i) shown[places[i]] = world.shown[i];
    out.from.push_back(whole && shown == given ? *whole : condition(net, batch, shown));
  }
  return out;
}

BlockPrediction draw_blocks(const Network& net, const Seen& seen, size_t m, const Sampler& sampler) {
  const auto& head = *net.heads[m];
  const int64_t objects = seen.from.front().objects;
  const CodeLogits logits = [&](const at::Tensor& ids_NT, const at::Tensor& known_NT,
                                const at::Tensor& asked_NT) -> at::Tensor {
    if (seen.from.size() == 1) return ask_codes(net, seen.from.front(), m, ids_NT, known_NT, asked_NT);
    std::vector<at::Tensor> worlds;
    worlds.reserve(seen.from.size());
    for (const auto& from : seen.from) worlds.push_back(ask_codes(net, from, m, ids_NT, known_NT, asked_NT));
    return mixed(at::stack(worlds), seen.worlds);
  };
  MaskgitSettings settings{sampler.steps, sampler.schedule, sampler.temperature, 0, head.grid().special};
  settings.scheme = sampler.scheme;
  settings.temperature_schedule = sampler.temperature_schedule;
  settings.top_k = sampler.top_k;
  settings.top_p = sampler.top_p;
  BlockPrediction out;
  for (int64_t s = 0; s < sampler.samples; ++s) {
    settings.seed = sampler.seed + uint64_t(s) * kSampleStride + base::stable_hash(net.names[m]);
    const auto ids = maskgit(head.grid().positions(), seen.from.front().hashes, settings, logits);
    out.samples.push_back(head.codec().decode({ids, at::ones({objects}, at::kBool)}, {}));
    out.ids_NT.push_back(ids);
  }
  out.mean = sample_mean(out.samples);
  return out;
}

// Draws of what is asked for and has more than one token.
void add_draws(const Network& net, const modalities::Batch& batch, const std::vector<uint8_t>& given,
               const std::vector<uint8_t>& asked, const std::optional<Conditioned>& whole, const Sampler& sampler,
               Prediction& out) {
  std::optional<Seen> seen;
  for (size_t m = 0; m < net.names.size(); ++m) {
    if (!asked[m] || net.heads[m]->one_token()) continue;
    check_drawing(net.names[m], false, sampler.scheme, sampler.temperature, sampler.top_k, sampler.top_p);
    if (!seen) seen = see(net, batch, given, whole, sampler.guidance);
    out.blocks.emplace(net.names[m], draw_blocks(net, *seen, m, sampler));
  }
}

// What is drawn first must be readable: it goes in when the next is drawn.
void check_chain(const Network& net, const std::vector<std::string>& targets) {
  for (auto target = targets.begin(); target != targets.end(); ++target) {
    if (std::count(targets.begin(), targets.end(), *target) > 1)
      base::user_error("'{}' is to be drawn twice: name each target once", *target);
    const auto m = size_t(std::find(net.names.begin(), net.names.end(), *target) - net.names.begin());
    if (target + 1 != targets.end() && m < net.names.size() && net.modality[m].input == "none")
      base::user_error(
          "draws of '{}' go in when the next target is drawn, and this model does not read it: name it last", *target);
  }
}

modalities::ScalarBlock scalar_block(const at::Tensor& value_N, const std::string& unit) {
  const auto values = value_N.to(at::kDouble).contiguous();
  modalities::ScalarBlock block;
  block.n = values.size(0);
  block.unit = unit;
  block.present.assign(size_t(block.n), 1);
  block.value.assign(values.const_data_ptr<double>(), values.const_data_ptr<double>() + block.n);
  block.error.assign(size_t(block.n), 0);
  return block;
}

}  // namespace

Prediction AnyToAny::predict(const modalities::Batch& batch, const PredictRequest& request) const {
  at::NoGradGuard no_grad;
  const auto& net = *network_;
  if (request.targets.empty())
    base::user_error("nothing is asked for: name at least one target of {}", base::quoted_list(targets()));
  if (request.sampler.samples < 1) base::user_error("{} samples: choose at least 1", request.sampler.samples);
  if (request.passes > 0 && net.settings.dropout == 0 && net.settings.input_dropout == 0)
    base::user_error("this model has no dropout to average over: leave out the passes");
  const auto asked = net.choose_targets(request.targets);
  const auto given = inputs_of(net, request, asked);
  Prediction out;
  at::Tensor given_NM;
  std::optional<Conditioned> whole;  // passes with dropout are of posteriors alone
  std::vector<std::vector<at::Tensor>> answered(net.names.size());
  for (int64_t pass = 0; pass < std::max<int64_t>(1, request.passes); ++pass) {
    const auto drop = request.passes > 0 ? nn::DropKey(request.sampler.seed, uint64_t(pass)) : nn::DropKey();
    const auto from = condition(net, batch, given, drop);
    given_NM = from.given_NM;
    const auto answers = ask_scalars(net, from, asked);
    for (size_t m = 0; m < net.names.size(); ++m)
      if (answers[m].defined()) answered[m].push_back(answers[m]);
    if (!drop.on) whole = from;
  }
  out.present_N = given_NM.gt(0).any(1);
  for (size_t m = 0; m < net.names.size(); ++m)
    if (!answered[m].empty()) out.scalars.emplace(net.names[m], net.posterior(m, answered[m], given_NM));
  add_draws(net, batch, given, asked, whole, request.sampler, out);
  return out;
}

at::Tensor AnyToAny::log_likelihood_N(const modalities::Batch& batch, const std::vector<std::string>& given_names,
                                      const std::string& target) const {
  at::NoGradGuard no_grad;
  const auto& net = *network_;
  const auto asked = net.choose_targets({target});
  const auto given = inputs_of(net, given_names, asked);
  const auto found = batch.blocks.find(target);
  if (found == batch.blocks.end()) base::user_error("the batch has no '{}' to take the likelihood of", target);
  const size_t m = size_t(std::find(asked.begin(), asked.end(), 1) - asked.begin());
  const auto from = condition(net, batch, given);
  const auto& flags = modalities::present(found->second);
  auto present = wrap(flags, {from.objects}).gt(0);
  at::Tensor out;
  if (net.heads[m]->bins()) {
    const auto posterior = net.posterior(m, {ask_scalars(net, from, asked)[m]}, from.given_NM);
    out = posterior.log_density_N(wrap(std::get<modalities::ScalarBlock>(found->second).value, {from.objects}));
  } else {
    const auto tokens = net.heads[m]->codec().encode(found->second);
    present = present.logical_and(tokens.present);
    const auto none = at::zeros(tokens.ids.sizes(), at::kBool);
    const auto logits = ask_codes(net, from, m, tokens.ids, none, none.logical_not());
    const auto each = at::log_softmax(logits.to(at::kFloat), 1)
                          .gather(1, nn::onto(logits.device(), tokens.ids.flatten().unsqueeze(1)))
                          .cpu();
    out = each.view(tokens.ids.sizes()).to(at::kDouble).sum(1);
  }
  return at::where(present, out, at::full({}, std::numeric_limits<double>::quiet_NaN(), at::kDouble));
}

at::Tensor AnyToAny::code_logits_NTV(const modalities::Batch& batch, const PredictRequest& request) const {
  at::NoGradGuard no_grad;
  const auto& net = *network_;
  if (request.targets.size() != 1) base::user_error("logits are of one target: {} are named", request.targets.size());
  const auto asked = net.choose_targets(request.targets);
  const size_t m = size_t(std::find(asked.begin(), asked.end(), 1) - asked.begin());
  if (net.heads[m]->one_token()) base::user_error("'{}' has one token: ask for its posterior", net.names[m]);
  const auto from = condition(net, batch, inputs_of(net, request, asked));
  const int64_t tokens = net.heads[m]->grid().positions();
  const auto ids = at::zeros({from.objects, tokens}, at::kLong);
  const auto none = at::zeros(ids.sizes(), at::kBool);
  const auto logits = ask_codes(net, from, m, ids, none, none.logical_not());
  return logits.view({from.objects, tokens, logits.size(1)});
}

std::vector<modalities::Batch> AnyToAny::sample_joint(const modalities::Batch& batch,
                                                      const PredictRequest& request) const {
  const auto& net = *network_;
  if (request.targets.empty())
    base::user_error("nothing is asked for: name at least one target of {}", base::quoted_list(targets()));
  check_chain(net, request.targets);
  auto inputs = inputs_of(net, request.given, net.choose_targets(request.targets));
  if (request.unconditional) inputs.assign(inputs.size(), 0);
  std::vector<std::string> given;
  for (size_t m = 0; m < inputs.size(); ++m)
    if (inputs[m]) given.push_back(net.names[m]);
  std::vector<uint64_t> hashes;
  for (const auto& object : batch.objects) hashes.push_back(object.hash());
  std::optional<Prediction> first;  // of a scalar: one posterior, from which each chain draws
  std::vector<modalities::Batch> out;
  for (int64_t s = 0; s < request.sampler.samples; ++s) {
    auto current = batch, drawn = batch;  // what is read, and what comes of it
    PredictRequest step;
    step.given = given;
    step.passes = request.passes;
    auto guidance = request.sampler.guidance;
    for (const auto& target : request.targets) {
      step.targets = {target};
      step.sampler = request.sampler;
      step.unconditional = step.given.empty();
      step.sampler.samples = 1;
      step.sampler.guidance = guidance;
      step.sampler.seed = request.sampler.seed + uint64_t(s) * kSampleStride + base::stable_hash(target);
      const bool begins = target == request.targets.front();
      auto answer = begins && first ? *first : predict(current, step);
      if (const auto found = answer.scalars.find(target); found != answer.scalars.end()) {
        const auto drawn_N = found->second.sample_NS(1, step.sampler.seed, hashes).squeeze(1);
        current.blocks[target] = drawn.blocks[target] = scalar_block(drawn_N, found->second.unit());
        if (begins && !first) first = std::move(answer);
      } else {
        const auto noise = net.usual_noise.find(target);
        const auto& block = drawn.blocks[target] = answer.blocks.at(target).samples[0];
        current.blocks[target] = noise == net.usual_noise.end() ? block : with_noise(block, noise->second);
      }
      step.given.push_back(target);
      count_drawn(guidance, target);
    }
    out.push_back(std::move(drawn));
  }
  return out;
}

}  // namespace asterism::models
