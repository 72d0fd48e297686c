#include "models/contrastive.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "base/atomic_file.h"
#include "base/error.h"
#include "io/json.h"
#include "models/input_units.h"
#include "models/tower.h"
#include "models/wrap.h"
#include "nn/nothing_to_learn.h"
#include "tokenizers/weights_file.h"

namespace asterism::models {
namespace {

constexpr double kColdest = 0.01, kHottest = 1;

// A number in (0, 1) so that a free parameter covers the range of ln(temperature) smoothly: no gradient is lost at a
// limit.
double start_of(double temperature) {
  const double share = (std::log(std::clamp(temperature, kColdest * 1.01, kHottest * 0.99)) - std::log(kColdest)) /
                       (std::log(kHottest) - std::log(kColdest));
  return std::log(share / (1 - share));
}

}  // namespace

void TowerSettings::describe(config::Fields& f) {
  f.add("modalities", modalities, "what it reads: scalars, or one image or spectrum").required();
  f.add("layers", layers, "transformer blocks").between(1, 256);
}

void ContrastiveSettings::describe(config::Fields& f) {
  f.add("width", width, "numbers a token").between(4, 16384);
  f.add("heads", heads, "attention heads").between(1, 256);
  f.add("projection", projection, "numbers of the vectors in the common space").between(2, 16384);
  f.add("mlp_ratio", mlp_ratio, "hidden width of a block over its width").between(0.25, 16);
  f.add("dropout", dropout, "after attention and MLP, in training").between(0, 0.9);
  f.add("keep_tokens", keep_tokens, "share of the patches that training looks at").between(0.01, 1);
  f.add("temperature", temperature, "of the softmax over similarities; where it starts if learned")
      .between(kColdest, kHottest);
  f.add("learn_temperature", learn_temperature, "whether it is learned");
  f.add("fourier_features", fourier_features, "frequencies of a scalar").between(1, 256);
  f.add("fourier_finest", fourier_finest, "shortest period of a scalar, in units of its spread").between(1e-6, 100);
  f.add("seed", seed, "of the first weights").between(0, 9e15);
  f.tables("modalities", modalities, "what the model reads");
  f.tables("towers", towers, "encoders; without any: one a modality, all scalars together in 'scalars'");
}

struct Contrastive::Network {
  explicit Network(ContrastiveSettings s) : settings(std::move(s)) {
    fill_towers();
    const nn::Scope scope(parameters, uint64_t(settings.seed));
    TowerShape shape;
    shape.transformer.width = settings.width;
    shape.transformer.heads = settings.heads;
    shape.transformer.mlp_ratio = settings.mlp_ratio;
    shape.transformer.dropout = settings.dropout;
    shape.projection = settings.projection;
    shape.fourier_features = settings.fourier_features;
    shape.fourier_finest = settings.fourier_finest;
    for (const auto& [name, tower] : settings.towers) {
      std::map<std::string, ModalitySettings> read;
      for (const auto& m : tower.modalities) read[m] = settings.modalities.at(m);
      shape.transformer.depth = tower.layers;
      names.push_back(name);
      towers.push_back(std::make_unique<Tower>(scope / "tower" / name, std::move(read), shape));
    }
    if (settings.learn_temperature)
      temperature_logit = scope.parameter("temperature_logit", {}, nn::Init::constant(start_of(settings.temperature)));
  }

  void fill_towers() {
    if (settings.width % settings.heads != 0 || settings.width % 4 != 0)
      base::user_error("width {} is not a multiple of 4 and of heads {}: choose one that is", settings.width,
                       settings.heads);
    std::vector<std::string> known;
    for (const auto& [name, m] : settings.modalities) known.push_back(name);
    if (settings.towers.empty())
      for (const auto& [name, m] : settings.modalities)
        settings.towers[m.kind == "scalar" ? "scalars" : name].modalities.push_back(name);
    if (settings.towers.size() < 2)
      base::user_error("a contrastive model needs two towers, and has {}: add a modality of another kind",
                       settings.towers.size());
    for (const auto& [name, tower] : settings.towers)
      for (const auto& m : tower.modalities)
        if (!settings.modalities.contains(m))
          base::user_error("tower '{}' reads '{}', which the model lacks; the nearest is '{}'", name, m,
                           base::nearest(m, known));
  }

  at::Tensor temperature() const {
    if (!temperature_logit.defined()) return at::scalar_tensor(settings.temperature);
    return at::exp(std::log(kColdest) + (std::log(kHottest) - std::log(kColdest)) * at::sigmoid(temperature_logit));
  }

  ContrastiveSettings settings;
  nn::Parameters parameters;
  std::vector<std::string> names;
  std::vector<std::unique_ptr<Tower>> towers;
  at::Tensor temperature_logit;
};

Contrastive::Contrastive(ContrastiveSettings settings) : network_(std::make_unique<Network>(std::move(settings))) {}
Contrastive::~Contrastive() = default;
Contrastive::Contrastive(Contrastive&&) noexcept = default;

void Contrastive::fit(const modalities::Batch& sample) {
  learn_units(network_->settings.modalities, sample);
  for (auto& tower : network_->towers) tower->fit(sample);
}

nn::Outcome Contrastive::loss(const modalities::Batch& batch, const DrawKey& key) {
  const auto& net = *network_;
  check_units(net.settings.modalities, batch);
  std::vector<uint64_t> hashes;
  uint64_t mixed = uint64_t(key.epoch);
  for (const auto& object : batch.objects) {
    hashes.push_back(object.hash());
    mixed = mixed * 0x9e3779b97f4a7c15ULL + hashes.back();
  }
  const auto drop = key.training ? nn::DropKey(key.seed, mixed) : nn::DropKey();
  std::vector<Tower::Output> outputs;
  for (size_t t = 0; t < net.towers.size(); ++t)
    outputs.push_back((*net.towers[t])(batch, {}, key.training ? net.settings.keep_tokens : 1, key, drop / t));
  const auto temperature = net.temperature();
  nn::Outcome outcome;
  outcome.figures["temperature"] = temperature.detach();
  int64_t pairs = 0, used = 0;
  for (size_t a = 0; a < outputs.size(); ++a)
    for (size_t b = a + 1; b < outputs.size(); ++b) {
      std::vector<int64_t> rows, shared_hashes;
      for (size_t i = 0; i < hashes.size(); ++i) {
        if (!outputs[a].present_N[i] || !outputs[b].present_N[i]) continue;
        rows.push_back(int64_t(i));
        shared_hashes.push_back(int64_t(hashes[i]));
      }
      if (std::set<int64_t>(shared_hashes.begin(), shared_hashes.end()).size() < 2) continue;
      const auto index = copied(rows), hash = copied(shared_hashes);
      const auto similarity =
          at::matmul(outputs[a].vectors_NE.index_select(0, index), outputs[b].vectors_NE.index_select(0, index).t()) /
          temperature;
      const auto own = at::arange(index.size(0), at::kLong);
      const auto twin = hash.unsqueeze(0).eq(hash.unsqueeze(1)).logical_and(own.unsqueeze(0).ne(own.unsqueeze(1)));
      const auto logits = similarity.masked_fill(twin, -std::numeric_limits<double>::infinity());
      const auto each = 0.5 * (at::cross_entropy_loss(logits, own) + at::cross_entropy_loss(logits.t(), own));
      outcome.loss = outcome.loss.defined() ? outcome.loss + each : each;
      const auto right =
          0.5 * (logits.argmax(1).eq(own).to(at::kFloat).mean() + logits.argmax(0).eq(own).to(at::kFloat).mean());
      outcome.figures["accuracy/" + net.names[a] + "-" + net.names[b]] = right.detach();
      ++pairs;
      used = std::max(used, index.size(0));
    }
  if (pairs == 0)
    nn::nothing_to_learn(
        "no two different objects of this batch of {} share two of {}: use larger batches of matched objects",
        batch.size(), base::quoted_list(net.names));
  outcome.loss = outcome.loss / pairs;
  outcome.weight = double(used);
  return outcome;
}

std::vector<std::string> Contrastive::modalities() const {
  std::vector<std::string> out;
  for (const auto& entry : network_->settings.modalities)
    if (std::any_of(network_->towers.begin(), network_->towers.end(),
                    [&](const auto& t) { return t->reads(entry.first); }))
      out.push_back(entry.first);
  return out;
}

std::vector<std::string> Contrastive::towers() const { return network_->names; }
int64_t Contrastive::width() const { return network_->settings.projection; }
nn::Parameters& Contrastive::parameters() { return network_->parameters; }
const ContrastiveSettings& Contrastive::settings() const { return network_->settings; }

Model::Embedded Contrastive::embed(const modalities::Batch& batch, const EmbedRequest& request) const {
  at::NoGradGuard no_grad;
  const auto& net = *network_;
  if (request.layer >= 0)
    base::user_error("a contrastive model gives the vectors of its common space: leave out the layer");
  if (request.rings > 0)
    base::user_error("a contrastive model gives the vectors of its common space: leave out the rings");
  const auto known = modalities();
  for (const auto& name : request.given)
    if (std::find(known.begin(), known.end(), name) == known.end())
      base::user_error("this model cannot read '{}'; the nearest that it can is '{}'", name,
                       base::nearest(name, known));
  check_units(net.settings.modalities, batch);
  Embedded out{at::zeros({batch.size(), width()}), at::zeros({batch.size()}, at::kBool)};
  for (const auto& tower : net.towers) {
    const bool wanted = request.given.empty() || std::any_of(request.given.begin(), request.given.end(),
                                                             [&](const auto& name) { return tower->reads(name); });
    if (!wanted) continue;
    const auto one = (*tower)(batch, request.given, 1, {0, 0, false}, {});
    out.vectors_ND = out.vectors_ND + one.vectors_NE;
    out.present_N = out.present_N.logical_or(
        at::from_blob(const_cast<uint8_t*>(one.present_N.data()), {batch.size()}, at::kByte).to(at::kBool));
  }
  out.vectors_ND = out.vectors_ND / at::linalg_vector_norm(out.vectors_ND, 2, {-1}, true).clamp_min(1e-12);
  return out;
}

void Contrastive::save(const std::filesystem::path& folder) const {
  base::AtomicFolder aside(folder, base::Replace::yes);
  auto settings = network_->settings;
  io::write_json(aside.path() / "config.json",
                 {{"kind", kind()}, {"settings", nlohmann::json::parse(config::to_json(config::fields_of(settings)))}});
  tokenizers::write_weights(aside.path() / "model.safetensors", network_->parameters.all(), {{"format", "pt"}});
  aside.commit();
}

std::unique_ptr<Contrastive> Contrastive::load(const std::filesystem::path& folder) {
  const auto json = io::read_json(folder / "config.json");
  if (!json.is_object() || !json.contains("settings"))
    base::data_error("{} has no 'settings': it is no contrastive model of this program",
                     (folder / "config.json").string());
  ContrastiveSettings settings;
  auto fields = config::fields_of(settings);
  config::read_json(fields, json.at("settings").dump(), (folder / "config.json").string());
  auto model = std::make_unique<Contrastive>(std::move(settings));
  model->parameters().load(tokenizers::read_weights(folder / "model.safetensors"),
                           (folder / "model.safetensors").string());
  return model;
}

}  // namespace asterism::models
