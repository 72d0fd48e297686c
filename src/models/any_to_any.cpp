#include "models/any_to_any.h"

#include <cmath>

#include "base/atomic_file.h"
#include "base/error.h"
#include "io/json.h"
#include "models/any_to_any_network.h"
#include "models/input_units.h"
#include "models/pair_consistency.h"
#include "models/ring_means.h"
#include "models/wrap.h"
#include "nn/device.h"
#include "nn/losses.h"
#include "nn/nothing_to_learn.h"
#include "nn/scope.h"
#include "tokenizers/weights_file.h"

namespace asterism::models {
namespace {

constexpr double kMostPairDifference = 0.5;  // nats, from which the term grows linearly: rare values must not own it

// What the loss of one modality is made of.
struct Part {
  at::Tensor mean;
  int64_t asked = 0;
  double weight = 1;
};

std::vector<uint8_t> with_rows(const std::vector<Rows>& rows, int64_t objects) {
  std::vector<uint8_t> out(size_t(objects), 0);
  for (const auto& r : rows)
    for (size_t i = 0; i < r.object.size(); ++i)
      if (!r.shown[i]) out[size_t(r.object[i])] = 1;
  return out;
}

// Objects that have nothing to predict leave the step: their inputs are not embedded either.
void drop_objects(std::vector<Rows>& rows, const std::vector<uint8_t>& keep) {
  for (auto& r : rows) {
    size_t kept = 0;
    for (size_t i = 0; i < r.object.size(); ++i) {
      if (!keep[size_t(r.object[i])]) continue;
      r.object[kept] = r.object[i];
      r.position[kept] = r.position[i];
      r.shown[kept] = r.shown[i];
      ++kept;
    }
    r.object.resize(kept);
    r.position.resize(kept);
    r.shown.resize(kept);
  }
}

// Rows to predict, without those that are shown.
at::Tensor asked_rows(const Rows& rows) {
  std::vector<int64_t> out;
  for (size_t i = 0; i < rows.shown.size(); ++i)
    if (!rows.shown[i]) out.push_back(int64_t(i));
  return copied(out);
}

}  // namespace

AnyToAny::AnyToAny(AnyToAnySettings settings, Codecs codecs, at::ScalarType dtype)
    : network_(std::make_unique<Network>(std::move(settings), std::move(codecs), dtype)) {}
AnyToAny::AnyToAny(std::unique_ptr<Network> network) : network_(std::move(network)) {}
AnyToAny::~AnyToAny() = default;
AnyToAny::AnyToAny(AnyToAny&&) noexcept = default;

void AnyToAny::fit(const modalities::Batch& sample) {
  auto& net = *network_;
  learn_units(net.settings.modalities, sample);
  if (net.scalars) net.scalars->fit(sample);
  for (size_t m = 0; m < net.names.size(); ++m) {
    if (net.modality[m].summary > 0) {
      const auto found = sample.blocks.find(net.names[m]);
      if (found == sample.blocks.end())
        base::user_error("'{}' is missing from the sample that sets its scales: give a sample that holds it",
                         net.names[m]);
      net.inputs[m]->fit(found->second);
    }
    if (net.modality[m].kind != "scalar" || !net.codecs.contains(net.names[m])) continue;
    const auto found = sample.blocks.find(net.names[m]);
    if (found == sample.blocks.end())
      base::user_error("'{}' is missing from the sample that sets its bins: give a sample that holds it", net.names[m]);
    auto* bins = dynamic_cast<tokenizers::ScalarBins*>(net.codecs.at(net.names[m]).get());
    if (bins && !bins->fitted()) bins->fit(found->second);
    if (net.heads[m] && std::holds_alternative<modalities::ScalarBlock>(found->second))
      net.heads[m]->fit(std::get<modalities::ScalarBlock>(found->second));
  }
}

nn::Outcome AnyToAny::loss(const modalities::Batch& batch, const DrawKey& key) {
  auto& net = *network_;
  const auto everything = net.choose_inputs({});
  auto observed =
      net.observe(batch, everything, net.choose_targets({}), net.settings.cache_tokens ? &net.cache : nullptr);
  auto draw = draw_budgets(observed.candidates, observed.hashes, net.settings.mixture, key);
  const auto keep = with_rows(draw.targets, observed.objects);
  const auto learned_from = std::count(keep.begin(), keep.end(), 1);
  if (learned_from == 0)
    nn::nothing_to_learn("none of the {} objects of this batch has anything that the model predicts: it predicts {}",
                         observed.objects, base::quoted_list(targets()));
  drop_objects(draw.inputs, keep);
  auto in = pack(draw.inputs, keep, 1), out = pack(draw.targets, keep, 0);
  if (net.mask_token_D.is_cuda()) fill_up(in, out);
  const auto drop = net.drop_key(observed, key);
  const auto encoded_LD = net.encode(net.embed_rows(observed, draw.inputs, key), in, drop);
  const auto decoded =
      net.decode(draw.targets, out, net.decoder->prepare(encoded_LD, in.objects), observed.tokens, drop);

  nn::Outcome outcome;
  outcome.weight = double(learned_from);
  double total_weight = 0;
  for (size_t m = 0; m < net.names.size(); ++m) {
    if (draw.targets[m].size() == 0) continue;
    const auto asked = asked_rows(draw.targets[m]);
    if (asked.size(0) == 0) continue;
    const auto object = copied(draw.targets[m].object).index_select(0, asked);
    at::Tensor mean;
    if (net.heads[m]->bins()) {
      const auto values = wrap(observed.scalars[m]->value, {observed.objects}).index_select(0, object);
      mean = net.heads[m]->value_loss(decoded[m], values, net.settings.loss_chunk);
    } else {
      const auto position = copied(draw.targets[m].position).index_select(0, asked);
      const auto ids = observed.tokens[m].ids.index({object, position});
      mean = net.heads[m]->code_loss(asked.size(0) == draw.targets[m].size()
                                         ? decoded[m]
                                         : decoded[m].index_select(0, nn::onto(decoded[m].device(), asked)),
                                     position, ids, net.settings.loss_chunk);
    }
    outcome.figures["loss/" + net.names[m]] = mean.detach();
    const double weight = net.modality[m].loss_weight * std::pow(double(asked.size(0)), net.settings.balance);
    if (weight <= 0) continue;
    outcome.loss = outcome.loss.defined() ? outcome.loss + mean * weight : mean * weight;
    total_weight += weight;
  }
  if (!outcome.loss.defined()) nn::nothing_to_learn("every target of this batch has loss_weight 0: raise one");
  outcome.loss = outcome.loss / total_weight;
  if (net.settings.pair_consistency > 0) {
    const auto difference_N = pair_differences(net, observed, key);
    if (difference_N.size(0) > 0) {
      outcome.loss = outcome.loss + net.settings.pair_consistency * nn::huber(difference_N, kMostPairDifference).mean();
      outcome.figures["pair_difference"] = difference_N.detach().abs().mean();
    }
  }
  outcome.figures["input_tokens"] = at::scalar_tensor(double(in.places_R().size(0)));
  outcome.figures["target_tokens"] = at::scalar_tensor(double(out.places_R().size(0)));
  outcome.figures["input_slots_filled"] = at::scalar_tensor(draw.input_slots.share());
  outcome.figures["target_slots_filled"] = at::scalar_tensor(draw.target_slots.share());
  return outcome;
}

std::vector<std::string> AnyToAny::modalities() const {
  std::vector<std::string> out;
  for (size_t m = 0; m < network_->names.size(); ++m)
    if (network_->modality[m].input != "none") out.push_back(network_->names[m]);
  return out;
}

std::vector<std::string> AnyToAny::targets() const {
  std::vector<std::string> out;
  for (size_t m = 0; m < network_->names.size(); ++m)
    if (network_->heads[m]) out.push_back(network_->names[m]);
  return out;
}

int64_t AnyToAny::width() const { return network_->settings.width; }
nn::Parameters& AnyToAny::parameters() { return network_->parameters; }
nn::Parameters& AnyToAny::bins() { return network_->bins; }

void AnyToAny::to(const at::Device& device) {
  network_->parameters.to(device);
  for (const auto& [name, codec] : network_->codecs) codec->to(device);
}

const AnyToAnySettings& AnyToAny::settings() const { return network_->settings; }

const tokenizers::Tokenizer& AnyToAny::codec(const std::string& modality) const {
  const auto found = network_->codecs.find(modality);
  if (found == network_->codecs.end())
    base::user_error("the model has no tokenizer for '{}'; it has {}", modality, base::quoted_list(targets()));
  return *found->second;
}

namespace {

// What the encoder makes of everything given, laid out object after object.
struct Encoded {
  std::vector<uint8_t> given;
  AnyToAny::Network::Observed observed;
  std::vector<Rows> rows;
  std::vector<int64_t> counts;
  Packing packing;
  at::Tensor encoded_LD;
};

Encoded encode_given(const AnyToAny::Network& net, const modalities::Batch& batch, const EmbedRequest& request) {
  if (request.layer >= net.settings.encoder_layers)
    base::user_error("layer {} of {}: choose 0 to {}, or none: the last", request.layer, net.settings.encoder_layers,
                     net.settings.encoder_layers - 1);
  Encoded out;
  out.given = net.choose_inputs(request.given);
  out.observed = net.observe(batch, out.given, std::vector<uint8_t>(net.names.size(), 0), nullptr);
  out.rows = all_inputs(out.observed.candidates, out.observed.objects, out.given);
  out.counts = row_counts(out.rows, out.observed.objects);
  std::vector<uint8_t> keep(size_t(out.observed.objects), 0);
  for (size_t i = 0; i < keep.size(); ++i) keep[i] = out.counts[i] > 0;
  out.packing = pack(out.rows, keep, 1);
  out.encoded_LD = net.encode(net.embed_rows(out.observed, out.rows, {0, 0, false}), out.packing, {}, request.layer);
  return out;
}

}  // namespace

Model::Embedded AnyToAny::embed(const modalities::Batch& batch, const EmbedRequest& request) const {
  at::NoGradGuard no_grad;
  const auto from = encode_given(*network_, batch, request);
  Embedded out{from.packing.mean(from.encoded_LD).to(at::kCPU, at::kFloat), copied(from.counts).gt(0)};
  if (request.rings > 0) {
    const auto images = network_->are_images(from.given);
    const auto ring =
        ring_means(from.encoded_LD, from.packing, from.observed.candidates, from.rows, images, request.rings);
    out.vectors_ND = at::cat({out.vectors_ND, ring.cpu()}, 1);
  }
  if (request.normalise)
    out.vectors_ND = out.vectors_ND / at::linalg_vector_norm(out.vectors_ND, 2, {-1}, true).clamp_min(1e-12);
  return out;
}

Model::TokenRows AnyToAny::token_rows(const modalities::Batch& batch, const EmbedRequest& request) const {
  if (request.rings > 0) base::user_error("tokens are not cut into rings: leave out the rings");
  const auto from = encode_given(*network_, batch, request);
  TokenRows out{from.encoded_LD, from.packing.objects, network_->names, {}};
  out.modality_R.assign(size_t(out.objects.rows()), -1);
  for (size_t m = 0; m < from.packing.placed.size(); ++m)
    for (const int64_t row : from.packing.placed[m]) out.modality_R[size_t(row)] = int32_t(m);
  return out;
}

void AnyToAny::forget(uint64_t seed) {
  auto settings = network_->settings;
  settings.seed = int64_t(seed);
  const Network fresh(settings, network_->codecs, network_->mask_token_D.scalar_type());
  at::NoGradGuard no_grad;
  for (const auto& [name, weight] : network_->parameters.parameters())
    weight.detach().copy_(fresh.parameters.parameters().at(name));
}

void AnyToAny::save(const std::filesystem::path& folder) const {
  base::AtomicFolder aside(folder, base::Replace::yes);
  auto settings = network_->settings;
  auto json = nlohmann::json::parse(config::to_json(config::fields_of(settings)));
  for (auto& [name, modality] : json.at("modalities").items()) modality["codec"] = "";  // they lie in the folder itself
  io::write_json(aside.path() / "config.json", {{"kind", kind()}, {"settings", json}});
  tokenizers::write_weights(aside.path() / "model.safetensors", network_->parameters.all(), {{"format", "pt"}});
  if (!network_->codecs.empty()) std::filesystem::create_directory(aside.path() / "codecs");
  for (const auto& [name, codec] : network_->codecs) codec->save(aside.path() / "codecs" / name);
  aside.commit();
}

std::unique_ptr<AnyToAny> AnyToAny::load(const std::filesystem::path& folder) {
  const auto json = io::read_json(folder / "config.json");
  if (!json.is_object() || !json.contains("settings"))
    base::data_error("{} has no 'settings': it is no any-to-any model of this program",
                     (folder / "config.json").string());
  AnyToAnySettings settings;
  auto fields = config::fields_of(settings);
  config::read_json(fields, json.at("settings").dump(), (folder / "config.json").string());
  Codecs codecs;
  for (const auto& [name, m] : settings.modalities)
    if (m.target || m.input == "tokens" || m.input == "both")
      codecs[name] = tokenizers::load_tokenizer(folder / "codecs" / name);
  const auto weights = folder / "model.safetensors";
  const auto values = tokenizers::read_weights(weights);
  const nn::ValuesFollow follow(weights);
  std::unique_ptr<AnyToAny> model(
      new AnyToAny(std::make_unique<Network>(std::move(settings), std::move(codecs), at::kFloat, true)));
  model->parameters().load(values, weights.string());
  model->network_->usual_noise = usual_noise(folder);
  return model;
}

}  // namespace asterism::models
