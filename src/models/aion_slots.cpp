#include "models/aion_slots.h"

#include <algorithm>

#include "base/error.h"
#include "models/wrap.h"

namespace asterism::models {
namespace {

// One modality in a row with the others: int64 and bool [N, L].
struct Part {
  int64_t modality = 0;
  at::Tensor ids_NL, place_NL, hidden_NL, wanted_NL, attention_NL;
};

at::Tensor two_dimensional(const at::Tensor& x) { return x.dim() == 1 ? x.unsqueeze(1) : x.flatten(1); }

at::Tensor mask_like(const std::string& key, const char* what, const at::Tensor& mask, const at::Tensor& ids_NL) {
  if (!mask.defined()) return at::zeros(ids_NL.sizes(), at::kBool);
  const auto flat = two_dimensional(mask);
  if (flat.sizes() != ids_NL.sizes())
    base::user_error("the {} of '{}' covers {} x {} tokens, not {} x {}", what, key, flat.size(0), flat.size(1),
                     ids_NL.size(0), ids_NL.size(1));
  return flat.to(at::kBool);
}

// Places by rank among what is not hidden; hidden ones hold 0.
at::Tensor ranks(const at::Tensor& hidden_NL) {
  const auto rank = hidden_NL.logical_not().to(at::kLong).cumsum(1) - 1;
  return rank.masked_fill(hidden_NL, 0);
}

at::Tensor places(const AionModality& facts, const at::Tensor& hidden_NL) {
  if (!facts.sequence) return at::arange(hidden_NL.size(1), at::kLong).expand(hidden_NL.sizes());
  return ranks(hidden_NL);
}

AionSlots choose(const std::vector<Part>& parts, int64_t budget) {
  if (parts.empty()) base::user_error("no tokens are given: name at least one modality");
  std::vector<at::Tensor> modality, place, id, hidden, wanted, attention;
  for (const auto& p : parts) {
    if (p.ids_NL.size(0) != parts[0].ids_NL.size(0))
      base::user_error("modalities of {} and of {} objects in one request", parts[0].ids_NL.size(0), p.ids_NL.size(0));
    modality.push_back(at::full(p.ids_NL.sizes(), p.modality, at::kLong));
    place.push_back(p.place_NL);
    id.push_back(p.ids_NL);
    hidden.push_back(p.hidden_NL);
    wanted.push_back(p.wanted_NL);
    attention.push_back(p.attention_NL);
  }
  const auto hidden_NP = at::cat(hidden, 1);
  const int64_t kept = budget > 0 ? std::min(budget, hidden_NP.size(1)) : hidden_NP.size(1);
  const bool all = kept == hidden_NP.size(1) && !hidden_NP.any().item<bool>();  // then they stay in their order
  const auto order = all ? at::Tensor() : at::argsort(hidden_NP.to(at::kByte), /*stable=*/true, 1).narrow(1, 0, kept);
  const auto pick = [&](const std::vector<at::Tensor>& of) {
    if (!of[0].defined()) return at::Tensor();
    return all ? at::cat(of, 1) : at::cat(of, 1).gather(1, order);
  };
  if (all) return {pick(modality), pick(place), pick(id), hidden_NP, pick(wanted), pick(attention)};
  return {pick(modality), pick(place), pick(id), hidden_NP.gather(1, order), pick(wanted), pick(attention)};
}

AionSlots with_registers(const AionNetwork& network, AionSlots slots) {
  const int64_t count = network.config.num_register_tokens, n = slots.objects();
  if (count == 0) return slots;
  const auto in_front = [](const at::Tensor& front, const at::Tensor& rest) { return at::cat({front, rest}, 1); };
  slots.modality_NT = in_front(at::full({n, count}, -1, at::kLong), slots.modality_NT);
  slots.place_NT = in_front(at::arange(count, at::kLong).expand({n, count}), slots.place_NT);
  slots.id_NT = in_front(at::zeros({n, count}, at::kLong), slots.id_NT);
  slots.hidden_NT = in_front(at::zeros({n, count}, at::kBool), slots.hidden_NT);
  return slots;
}

Part input_part(const AionNetwork& network, const std::string& key, const at::Tensor& ids, const at::Tensor& hidden) {
  Part p;
  p.modality = network.input(key);
  const auto& facts = network.modalities[size_t(p.modality)].facts;
  const auto flat = two_dimensional(ids);
  p.hidden_NL = mask_like(key, "mask", hidden, flat);
  p.ids_NL = checked_ids(facts, ids, p.hidden_NL);
  p.place_NL = places(facts, p.hidden_NL);
  const int64_t rooms = network.modalities[size_t(p.modality)].in_places_1PD.size(1);
  if (p.place_NL.numel() > 0 && p.place_NL.max().item<int64_t>() >= rooms)
    base::user_error("'{}' has {} visible tokens in one object; the model has places for {}", key,
                     p.place_NL.max().item<int64_t>() + 1, rooms);
  return p;
}

Part target_part(const AionNetwork& network, int64_t modality, const AionExample& e) {
  Part p;
  p.modality = modality;
  const auto& facts = network.modalities[size_t(modality)].facts;
  const auto flat = two_dimensional(e.ids_NL);
  p.hidden_NL = mask_like(e.key, "target mask", e.target_hidden_NL, flat);
  p.ids_NL = checked_ids(facts, e.ids_NL, p.hidden_NL);
  p.place_NL = places(facts, p.hidden_NL);
  p.attention_NL = two_dimensional(e.attention_NL).to(at::kLong);
  if (p.attention_NL.sizes() != p.ids_NL.sizes())
    base::user_error("the attention of '{}' covers {} tokens, not {}", e.key, p.attention_NL.numel(), flat.numel());
  p.wanted_NL = p.ids_NL;
  if (!facts.sequence) return p;
  // each token of a sequence is asked for the next one
  const int64_t length = std::max<int64_t>(0, p.ids_NL.size(1) - 1);
  const auto first = [&](const at::Tensor& x) { return x.narrow(1, 0, length); };
  const auto rest = [&](const at::Tensor& x) { return x.narrow(1, x.size(1) - length, length); };
  p.wanted_NL = rest(p.ids_NL);
  p.ids_NL = first(p.ids_NL);
  p.place_NL = first(p.place_NL.masked_fill(p.place_NL >= facts.tokens(), 0));
  p.attention_NL = first(p.attention_NL);
  p.hidden_NL = first(p.hidden_NL).logical_or(rest(p.hidden_NL));
  return p;
}

}  // namespace

at::Tensor AionSlots::visible_R() const { return hidden_NT.flatten().logical_not().nonzero().squeeze(1); }

nn::Ranges AionSlots::visible_ranges() const {
  const auto counts = hidden_NT.logical_not().sum(1).contiguous();
  nn::Ranges out;
  for (int64_t i = 0; i < objects(); ++i) out.add(counts.const_data_ptr<int64_t>()[i]);
  return out;
}

AionRows AionSlots::rows(const at::Tensor& chosen_R) const {
  return {modality_NT.flatten().index_select(0, chosen_R), place_NT.flatten().index_select(0, chosen_R),
          id_NT.flatten().index_select(0, chosen_R)};
}

at::Tensor checked_ids(const AionModality& facts, const at::Tensor& ids, const at::Tensor& hidden_NL) {
  if (!at::isIntegralType(ids.scalar_type(), false))
    base::user_error("tokens of '{}' are {}, not integers", facts.key, at::toString(ids.scalar_type()));
  const auto ids_NL = two_dimensional(ids).to(at::kLong);
  if (!facts.sequence && ids_NL.size(1) != facts.tokens())
    base::user_error("'{}' has {} tokens an object in this model; {} are given", facts.key, facts.tokens(),
                     ids_NL.size(1));
  const auto wrong = ids_NL.lt(0).logical_or(ids_NL.ge(facts.vocabulary)).logical_and(hidden_NL.logical_not());
  if (wrong.any().item<bool>()) {
    const auto where = wrong.nonzero()[0];
    const auto row = where[0].item<int64_t>(), token = where[1].item<int64_t>();
    base::user_error("'{}', row {}, token {}: id {} is out of range; from 0 to {} is allowed", facts.key, row, token,
                     ids_NL[row][token].item<int64_t>(), facts.vocabulary - 1);
  }
  return ids_NL.masked_fill(hidden_NL, 0);
}

AionSlots input_slots(const AionNetwork& network, const std::vector<AionTokens>& inputs, int64_t budget) {
  std::vector<Part> parts;
  parts.reserve(inputs.size());
  for (const auto& t : inputs) parts.push_back(input_part(network, t.key, t.ids_NL, t.hidden_NL));
  return with_registers(network, choose(parts, budget));
}

AionSlots input_slots(const AionNetwork& network, const std::vector<AionExample>& examples, int64_t budget) {
  std::vector<AionTokens> inputs;
  for (const auto& e : examples)
    if (std::binary_search(network.config.domains_in.begin(), network.config.domains_in.end(), e.key))
      inputs.push_back({e.key, e.ids_NL, e.input_hidden_NL});
  return input_slots(network, inputs, budget);
}

AionSlots unseeing_target_slots(const AionNetwork& network, const std::vector<std::string>& targets, int64_t objects) {
  std::vector<Part> parts;
  for (const auto& key : targets) {
    Part p;
    p.modality = network.target(key);
    const auto& facts = network.modalities[size_t(p.modality)].facts;
    if (facts.sequence)
      base::user_error("'{}' is a sequence: it has no logits at once, only one token after the other", key);
    p.ids_NL = p.attention_NL = p.wanted_NL = at::zeros({objects, facts.tokens()}, at::kLong);
    p.hidden_NL = at::zeros({objects, facts.tokens()}, at::kBool);
    p.place_NL = places(facts, p.hidden_NL);
    parts.push_back(std::move(p));
  }
  return choose(parts, 0);
}

AionSlots target_slots(const AionNetwork& network, const std::vector<AionExample>& examples, int64_t budget) {
  std::vector<Part> parts;
  for (const auto& e : examples)
    if (std::binary_search(network.config.domains_out.begin(), network.config.domains_out.end(), e.key))
      parts.push_back(target_part(network, network.target(e.key), e));
  return choose(parts, budget);
}

}  // namespace asterism::models
