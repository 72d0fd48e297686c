#include "models/aion.h"

#include <algorithm>

#include "base/atomic_file.h"
#include "base/error.h"
#include "io/json.h"
#include "models/lone_encoder.h"
#include "models/wrap.h"
#include "nn/autocast.h"
#include "nn/device.h"
#include "tokenizers/weights_file.h"

namespace asterism::models {
namespace {

constexpr int64_t kPackageBudget = 256;
constexpr int64_t kWorthPacking = 32;  // rows that a decoder's weights are laid out for: they are kept a second time

// Scores of what may not be seen; a sum with any score is this again, and it exists in bf16.
// (Kernels multiply them by log2 e, and need room for that.)
constexpr double kUnseen = -1e38;

// 0 where a key may be seen, the largest negative number where not: where nothing may be seen all scores are equal, and
// attention averages, as in the package. Undefined where everything may be.
at::Tensor additive_mask(const at::Tensor& blocked_in, const at::Device& device) {
  if (!blocked_in.any().item<bool>()) return {};
  const auto blocked = nn::onto(device, blocked_in);
  return at::zeros(blocked.sizes(), blocked.options().dtype(at::kFloat)).masked_fill(blocked, kUnseen);
}

// Which decoder slots [N, T, T] (asking, asked) may not see each other.
at::Tensor blocked_slots(const AionConfig& config, const AionSlots& slots) {
  const int64_t T = slots.slots();
  const auto at_slot = at::arange(T, at::kLong).view({1, 1, T});
  auto blocked = config.decoder_causal_mask ? (at_slot > at::arange(T, at::kLong).view({1, T, 1}))
                                            : (at_slot >= slots.attention_NT.cumsum(1).unsqueeze(2));
  if (config.decoder_sep_mask)
    blocked = blocked.logical_or(slots.modality_NT.unsqueeze(1) != slots.modality_NT.unsqueeze(2));
  return blocked.expand({slots.objects(), T, T});
}

// Rows of vectors [R, D] in their slots [N, T, D], zeros elsewhere.
at::Tensor in_slots(const at::Tensor& x_RD, const at::Tensor& at_R, const AionSlots& slots) {
  const int64_t N = slots.objects(), T = slots.slots(), D = x_RD.size(1);
  if (x_RD.size(0) == N * T) return x_RD.view({N, T, D});
  const auto at_there = nn::onto(x_RD.device(), at_R);
  return at::zeros({N * T, D}, x_RD.options().requires_grad(false)).index_copy(0, at_there, x_RD).view({N, T, D});
}

// Of packed weights.
at::ScalarType packed_type(const at::Device& device) {
  return device.is_cpu() && nn::precision_on_cpu() == nn::Precision::int8 ? at::kChar : nn::type_on(device);
}

void check_finite(const at::Tensor& x, const nn::Parameters& parameters) {
  if (x.isfinite().all().item<bool>()) return;
  for (const auto& [name, tensor] : parameters.all())
    if (!tensor.isfinite().all().item<bool>())
      base::data_error("the answer is not finite because the weight '{}' is not: fetch the weights again", name);
  base::data_error("the answer is not finite although every weight is: these weights overflow in fp32");
}

}  // namespace

Aion::Aion(AionConfig config, uint64_t seed)
    : network_(std::make_unique<AionNetwork>(std::move(config), seed)), inputs_(std::make_unique<AionInputs>()) {}

Aion::Aion(AionConfig config, std::vector<AionInputs::Reader> readers, uint64_t seed) {
  std::vector<AionModality> own;
  for (const auto& r : readers) {
    const auto& codec = *r.codec;
    own.push_back({r.key, r.key, 1, codec.num_tokens(), codec.vocabulary(), false, 0});
  }
  network_ = std::make_unique<AionNetwork>(std::move(config), seed, own);
  inputs_ = std::make_unique<AionInputs>(std::move(readers));
}

std::unique_ptr<Aion> Aion::load(const std::filesystem::path& folder) {
  auto config = read_aion_config(folder / "config.json");
  auto weights = read_aion_weights(folder / "model.safetensors");
  std::unique_ptr<Aion> model(new Aion());
  model->network_ = std::make_unique<AionNetwork>(with_detected(std::move(config), weights), weights);
  model->inputs_ = std::make_unique<AionInputs>(*model->network_, folder);
  return model;
}

void Aion::to(const at::Device& device) {
  network_->parameters.to(device);
  inputs_->to(device);
}

template <class Made, class From>
std::shared_ptr<const Made> Aion::packed(std::shared_ptr<const Made>& held, const From& from) const {
  const std::lock_guard lock(packing_);
  const auto type = packed_type(network_->parameters.device());
  if (!held || !held->current() || held->type() != type) held = std::make_shared<const Made>(from, type);
  return held;
}

SegmentDecoder::Context Aion::context_of(const AionEncoded& encoded) const {
  return packed(packed_.contexts, network_->decoder)->prepare(encoded.context_RD, encoded.objects);
}

AionEncoded Aion::encode_rows(const AionSlots& slots, int64_t layer) const {
  const auto& net = *network_;
  const auto rows = net.embed_inputs(slots.rows(slots.visible_R()));
  AionEncoded out;
  out.objects = slots.visible_ranges();
  const auto x_RD = rows.token_RD + rows.place_RD;
  const int64_t depth = layer >= 0 ? layer + 1 : -1;
  out.plain_RD = at::GradMode::is_enabled()  // what is laid out for inference has no gradient
                     ? net.encoder.rows(x_RD, out.objects, {}, depth)
                     : packed(packed_.encoder, net.encoder)->rows(x_RD, out.objects, depth);
  if (layer < 0) out.plain_RD = net.encoder_norm(out.plain_RD);
  if (layer < 0) out.context_RD = net.decoder_proj_context(out.plain_RD) + rows.place_RD;
  return out;
}

AionEncoded Aion::encode_padded(const AionSlots& slots, int64_t layer) const {
  const auto& net = *network_;
  const auto visible_R = slots.visible_R();
  const auto rows = net.embed_inputs(slots.rows(visible_R));
  const auto place_NTD = in_slots(rows.place_RD, visible_R, slots);
  const auto mask = additive_mask(slots.hidden_NT, net.parameters.device());
  auto x = in_slots(rows.token_RD, visible_R, slots) + place_NTD;
  const size_t depth = layer >= 0 ? size_t(layer + 1) : net.encoder.blocks.size();
  for (size_t i = 0; i < depth; ++i) x = net.encoder.blocks[i](x, mask);
  AionEncoded out;
  for (int64_t i = 0; i < slots.objects(); ++i) out.objects.add(slots.slots());
  out.hidden_NT = slots.hidden_NT;
  if (layer < 0) x = net.encoder_norm(x);
  out.plain_RD = x.flatten(0, 1);
  if (layer < 0) out.context_RD = (net.decoder_proj_context(x) + place_NTD).flatten(0, 1);
  return out;
}

AionEncoded Aion::encode(const std::vector<AionTokens>& inputs, const AionEncodeOptions& options) const {
  at::NoGradGuard no_grad;
  if (options.layer >= config().encoder_depth || options.layer < -1)
    base::user_error("layer {} of {}: choose 0 to {}, or none: the last", options.layer, config().encoder_depth,
                     config().encoder_depth - 1);
  if (options.budget < 0) base::user_error("a budget of {} tokens: choose at least 1, or 0 for all", options.budget);
  auto budget = options.budget;
  if (options.reference_behaviour && budget == 0) budget = kPackageBudget;
  const auto slots = input_slots(*network_, inputs, budget);
  auto out = options.reference_behaviour ? encode_padded(slots, options.layer) : encode_rows(slots, options.layer);
  check_finite(out.context_RD.defined() ? out.context_RD : out.plain_RD, network_->parameters);
  return out;
}

at::Tensor Aion::decode_padded(const AionSlots& slots, const AionEncoded& encoded) const {
  const auto& net = *network_;
  const auto visible_R = slots.visible_R();
  const auto x_NTD = in_slots(net.embed_targets(slots.rows(visible_R)), visible_R, slots);
  const auto context_NSD = encoded.context_RD.view({slots.objects(), -1, net.config.dim});
  const auto device = net.parameters.device();
  return net.decoder_norm(net.decoder(x_NTD, context_NSD, additive_mask(blocked_slots(net.config, slots), device),
                                      additive_mask(encoded.hidden_NT, device)));
}

std::map<std::string, at::Tensor> Aion::logits(const std::vector<AionTokens>& inputs,
                                               const std::vector<std::string>& targets,
                                               bool reference_behaviour) const {
  at::NoGradGuard no_grad;
  const auto& net = *network_;
  if (targets.empty()) base::user_error("nothing is asked for: name at least one target");
  const auto given = input_slots(net, inputs, 0);
  const auto asked = unseeing_target_slots(net, targets, given.objects());
  const bool padded = reference_behaviour || net.config.decoder_causal_mask;
  return answers(asked, targets, padded ? encode_padded(given, -1) : encode_rows(given, -1),
                 net.config.decoder_sep_mask);
}

std::map<std::string, at::Tensor> Aion::logits_apart(const std::vector<AionTokens>& inputs,
                                                     const std::vector<std::string>& targets) const {
  at::NoGradGuard no_grad;
  const auto& net = *network_;
  if (targets.empty()) base::user_error("nothing is asked for: name at least one target");
  const auto given = input_slots(net, inputs, 0);
  const auto asked = unseeing_target_slots(net, targets, given.objects());
  if (!net.config.decoder_causal_mask) return answers(asked, targets, encode_rows(given, -1), true);
  const auto encoded = encode_padded(given, -1);  // slots of several targets would see those before them
  std::map<std::string, at::Tensor> out;
  for (const auto& key : targets)
    out.merge(answers(unseeing_target_slots(net, {key}, given.objects()), {key}, encoded, true));
  return out;
}

std::map<std::string, at::Tensor> Aion::answers(const AionSlots& asked, const std::vector<std::string>& targets,
                                                const AionEncoded& encoded, bool apart) const {
  const auto& net = *network_;
  at::Tensor y_NTD;
  if (encoded.hidden_NT.defined()) {
    y_NTD = decode_padded(asked, encoded);
  } else {
    nn::Ranges objects, segments;
    for (int64_t i = 0; i < asked.objects(); ++i) {
      objects.add(asked.slots());
      if (!apart) segments.add(asked.slots());
      for (const auto& key : targets)
        if (apart) segments.add(net.modalities[size_t(net.target(key))].facts.tokens());
    }
    y_NTD = decode_rows(asked.rows(asked.visible_R()), objects, segments, context_of(encoded))
                .view({asked.objects(), asked.slots(), net.config.dim});
  }
  check_finite(y_NTD, net.parameters);
  std::map<std::string, at::Tensor> out;
  int64_t first = 0;
  for (const auto& key : targets) {
    const auto m = net.target(key);
    const int64_t length = net.modalities[size_t(m)].facts.tokens();
    out[key] = net.logits(m, y_NTD.narrow(1, first, length));
    first += length;
  }
  return out;
}

at::Tensor Aion::decode_rows(const AionRows& rows, const nn::Ranges& objects, const nn::Ranges& segments,
                             const SegmentDecoder::Context& context) const {
  const auto& net = *network_;
  const auto x_RD = net.embed_targets(rows);
  if (x_RD.is_cpu() && x_RD.size(0) >= kWorthPacking)
    return net.decoder_norm(packed(packed_.decoder, net.decoder)->rows(x_RD, objects, segments, context));
  Segments all;
  for (int64_t r = 0; r < segments.rows(); ++r) all.rows.push_back(r);
  all.ranges = segments;
  return net.decoder_norm((*net.segment_decoder)(x_RD, objects, all, context));
}

at::Tensor Aion::logits_at(const std::vector<AionTokens>& inputs, const std::string& target,
                           const at::Tensor& asked_NL) const {
  at::NoGradGuard no_grad;
  network_->target(target);  // a name that is not known is refused before anything is computed
  return logits_of(context_of(encode_rows(input_slots(*network_, inputs, 0), -1)), target, asked_NL);
}

at::Tensor Aion::logits_of(const SegmentDecoder::Context& context, const std::string& target,
                           const at::Tensor& asked_NL) const {
  at::NoGradGuard no_grad;
  const auto& net = *network_;
  const auto m = net.target(target);
  if (net.modalities[size_t(m)].facts.sequence)
    base::user_error("'{}' is a sequence: its tokens are asked for one after the other", target);
  const auto where = asked_NL.to(at::kBool).nonzero();  // [R, 2]
  AionRows rows;
  rows.place_R = where.select(1, 1).contiguous();
  rows.modality_R = at::full_like(rows.place_R, m);
  rows.id_R = at::zeros_like(rows.place_R);
  AionSlots asked;
  asked.hidden_NT = asked_NL.logical_not();
  const auto objects = asked.visible_ranges();
  const auto y_RD = decode_rows(rows, objects, objects, context);
  check_finite(y_RD, net.parameters);
  return net.logits(m, y_RD);
}

AionLoss Aion::loss(const std::vector<AionExample>& examples, int64_t input_budget, int64_t target_budget,
                    AionLossKind kind, const std::vector<size_t>& target_order) const {
  const auto& net = *network_;
  std::vector<AionExample> ordered;
  for (const size_t i : target_order) ordered.push_back(examples.at(i));
  const auto asked = target_slots(net, target_order.empty() ? examples : ordered, target_budget);
  const auto y_RD = decode_padded(asked, encode_padded(input_slots(net, examples, input_budget), -1)).flatten(0, 1);
  const auto visible = asked.hidden_NT.logical_not();
  AionLoss out;
  double weights = 0;
  for (const auto& e : examples) {
    if (!std::binary_search(net.config.domains_out.begin(), net.config.domains_out.end(), e.key)) continue;
    const auto m = net.target(e.key);
    const auto here = asked.modality_NT.eq(m).logical_and(visible).flatten().nonzero().squeeze(1);
    auto& mean = out.by_modality[e.key];
    mean = at::zeros({}, y_RD.options().requires_grad(false).dtype(at::kFloat));
    double weight = kind == AionLossKind::by_modality ? 1 : 0;
    if (here.size(0) > 0) {
      const auto wanted = asked.wanted_NT.flatten().index_select(0, here);
      const auto logits_RV = net.logits(m, y_RD.index_select(0, nn::onto(y_RD.device(), here)));
      mean = at::cross_entropy_loss(logits_RV, nn::onto(y_RD.device(), wanted));
      if (kind == AionLossKind::by_token) weight = double(logits_RV.numel());
    }
    out.total = out.total.defined() ? out.total + mean * weight : mean * weight;
    weights += weight;
  }
  if (!(weights > 0)) base::user_error("no token is asked for: leave some of the targets unmasked");
  out.total = out.total / weights;
  return out;
}

std::vector<std::string> Aion::modalities() const {
  std::vector<std::string> out;
  for (const auto& name : inputs_->modalities()) {
    const auto& in = network_->config.domains_in;
    if (std::binary_search(in.begin(), in.end(), inputs_->reader(name).key)) out.push_back(name);
  }
  return out;
}

void Aion::forget(uint64_t seed) {
  std::vector<AionModality> own;
  for (const auto& m : network_->modalities) own.push_back(m.facts);
  const AionNetwork fresh(network_->config, seed, own);
  take_first_weights(network_->parameters, fresh.parameters);
}

void Aion::save(const std::filesystem::path& folder) const {
  base::AtomicFolder aside(folder, base::Replace::yes);
  io::write_json(aside.path() / "config.json", network_->config.to_json());
  std::map<std::string, std::string> metadata;
  for (const auto& [left_out, kept] : shared_names(*network_)) metadata[left_out] = kept;
  tokenizers::write_weights(aside.path() / "model.safetensors", network_->parameters.all(), metadata);
  inputs_->save(aside.path(), *network_);
  aside.commit();
}

}  // namespace asterism::models
