#include "models/contrastive.h"

#include <algorithm>
#include <cmath>

#include "base/atomic_file.h"
#include "base/error.h"
#include "io/json.h"
#include "models/backbone_tower.h"
#include "models/input_units.h"
#include "models/lone_encoder.h"
#include "models/value_tower.h"
#include "nn/autocast.h"
#include "nn/device.h"
#include "nn/scope.h"
#include "tokenizers/weights_file.h"

namespace asterism::models {
namespace {

using MakeBackbone = std::function<std::unique_ptr<Backbone>(const std::string& tower, const TowerSettings& settings)>;

// The parameter x of temperature = low (high / low)^sigmoid(x): it covers the range smoothly, and no gradient is lost
// at a limit.
double start_of(const ContrastiveSettings& s) {
  const double low = std::log(s.temperature_low), width = std::log(s.temperature_high) - low;
  const double share = std::clamp((std::log(s.temperature) - low) / width, 1e-4, 1 - 1e-4);
  return std::log(share / (1 - share));
}

std::vector<uint64_t> hashes_of(const modalities::Batch& batch) {
  std::vector<uint64_t> out;
  for (const auto& object : batch.objects) out.push_back(object.hash());
  return out;
}

nn::DropKey drop_of(const std::vector<uint64_t>& hashes, const DrawKey& key) {
  uint64_t mixed = uint64_t(key.epoch);
  for (const uint64_t hash : hashes) mixed = mixed * 0x9e3779b97f4a7c15ULL + hash;
  return key.training ? nn::DropKey(key.seed, mixed) : nn::DropKey();
}

// Under autocast too: a backward pass takes the types of its forward pass.
void backward(const at::Tensor& loss) {
  const nn::Autocast off(nn::Precision::fp32, loss.device().type());
  loss.backward();
}

modalities::Batch piece_of(const modalities::Batch& batch, int64_t piece, int64_t pieces) {
  std::vector<int64_t> rows;
  for (int64_t i = batch.size() * piece / pieces; i < batch.size() * (piece + 1) / pieces; ++i) rows.push_back(i);
  return modalities::select(batch, rows);
}

}  // namespace

struct Contrastive::Network {
  Network(ContrastiveSettings s, at::ScalarType dtype, const MakeBackbone& backbone) : settings(std::move(s)) {
    complete(settings);
    const nn::Scope scope(parameters, uint64_t(settings.seed), "", dtype);
    for (const auto& [name, tower] : settings.towers) {
      names.push_back(name);
      if (tower.backbone.empty())
        towers.push_back(value_tower(scope / "tower" / name, tower));
      else
        towers.push_back(backbone_tower(scope / "tower" / name, tower, backbone(name, tower)));
    }
    if (settings.learn_temperature)
      temperature_logit = scope.parameter("temperature_logit", {}, nn::Init::constant(start_of(settings)));
    else
      fixed_temperature = scope.constant(at::full({}, settings.temperature, dtype));
    if (settings.loss == "siglip") bias = scope.parameter("similarity_bias", {}, nn::Init::constant(settings.bias));
  }

  std::unique_ptr<Tower> value_tower(const nn::Scope& scope, const TowerSettings& tower) const {
    TowerShape shape;
    shape.transformer.width = settings.width;
    shape.transformer.heads = settings.heads;
    shape.transformer.mlp_ratio = settings.mlp_ratio;
    shape.transformer.dropout = settings.dropout;
    shape.transformer.depth = tower.layers;
    shape.summary = tower.summary;
    shape.summary_jitter = tower.summary_jitter;
    shape.summary_noise = tower.summary_noise;
    shape.summary_linear = tower.summary_network == "linear";
    shape.projection = settings.projection;
    shape.fourier_features = settings.fourier_features;
    shape.fourier_finest = settings.fourier_finest;
    std::map<std::string, ModalitySettings> read;
    for (const auto& m : tower.modalities) read[m] = settings.modalities.at(m);
    return std::make_unique<ValueTower>(scope, std::move(read), shape);
  }

  std::unique_ptr<Tower> backbone_tower(const nn::Scope& scope, const TowerSettings& tower,
                                        std::unique_ptr<Backbone> backbone) {
    const auto freeze = freeze_of(tower.freeze, backbone->blocks());
    BackboneTowerSettings s;
    s.head = tower.head;
    s.projection = settings.projection;
    s.heads = tower.head_heads;
    s.hidden = tower.head_hidden > 0 ? tower.head_hidden : 4 * settings.projection;
    s.residual = tower.head_residual;
    s.dropout = tower.head_dropout;
    s.summary = tower.summary;
    s.summary_jitter = tower.summary_jitter;
    s.summary_noise = tower.summary_noise;
    s.summary_linear = tower.summary_network == "linear";
    auto out = std::make_unique<BackboneTower>(scope, parameters, std::move(backbone), s,
                                               settings.modalities.at(tower.modalities[0]));
    out->freeze(freeze);
    return out;
  }

  Alignment alignment() const {
    const double low = std::log(settings.temperature_low), width = std::log(settings.temperature_high) - low;
    return {settings.loss,
            temperature_logit.defined() ? at::exp(low + width * at::sigmoid(temperature_logit)) : fixed_temperature,
            bias, settings.pairs};
  }

  // Every tower's vectors of the batch.
  std::vector<Aligned> vectors(const modalities::Batch& batch, const DrawKey& key) const {
    const auto drop = drop_of(hashes_of(batch), key);
    std::vector<Aligned> out;
    for (size_t t = 0; t < towers.size(); ++t) {
      const Tower::Request request{{}, key.training ? settings.keep_tokens : 1, key, drop / t, false};
      auto one = (*towers[t])(batch, request);
      out.push_back({names[t], one.vectors_NE, std::move(one.present_N)});
    }
    return out;
  }

  ContrastiveSettings settings;
  nn::Parameters parameters;
  std::vector<std::string> names;
  std::vector<std::unique_ptr<Tower>> towers;
  at::Tensor temperature_logit, fixed_temperature, bias;
};

Contrastive::Contrastive(ContrastiveSettings settings, at::ScalarType dtype)
    : network_(std::make_unique<Network>(std::move(settings), dtype, [](const std::string&, const TowerSettings& t) {
        return open_backbone(t.backbone, t.modalities.front());
      })) {}
Contrastive::Contrastive(std::unique_ptr<Network> network) : network_(std::move(network)) {}
Contrastive::~Contrastive() = default;
Contrastive::Contrastive(Contrastive&&) noexcept = default;

void Contrastive::fit(const modalities::Batch& sample) {
  learn_units(network_->settings.modalities, sample);
  for (auto& tower : network_->towers) tower->fit(sample);
}

nn::Outcome Contrastive::loss(const modalities::Batch& batch, const DrawKey& key) {
  check_units(network_->settings.modalities, batch);
  return align(network_->vectors(batch, key), hashes_of(batch), network_->alignment());
}

nn::Outcome Contrastive::add_gradient(const modalities::Batch& batch, const DrawKey& key, int64_t pieces) {
  const auto& net = *network_;
  check_units(net.settings.modalities, batch);
  pieces = std::clamp<int64_t>(pieces, 1, std::max<int64_t>(1, batch.size()));
  std::vector<std::vector<at::Tensor>> parts(net.towers.size());
  std::vector<Aligned> all(net.towers.size());
  for (int64_t piece = 0; piece < pieces; ++piece) {
    const at::NoGradGuard no_grad;
    auto some = net.vectors(piece_of(batch, piece, pieces), key);
    for (size_t t = 0; t < some.size(); ++t) {
      parts[t].push_back(some[t].vectors_NE);
      all[t].name = some[t].name;
      all[t].present_N.insert(all[t].present_N.end(), some[t].present_N.begin(), some[t].present_N.end());
    }
  }
  nn::forget_casts();  // those of the pass without a graph would cut the next one's
  for (size_t t = 0; t < all.size(); ++t) all[t].vectors_NE = at::cat(parts[t]).requires_grad_(true);
  auto outcome = align(all, hashes_of(batch), net.alignment());
  backward(outcome.loss);
  for (int64_t piece = 0; piece < pieces; ++piece) {
    const int64_t first = batch.size() * piece / pieces;
    at::Tensor surrogate;  // whose gradient by the weights is what the loss has through these vectors
    for (const auto& some : net.vectors(piece_of(batch, piece, pieces), key)) {
      const auto whole = std::find_if(all.begin(), all.end(), [&](const auto& a) { return a.name == some.name; });
      const auto& gradient = whole->vectors_NE.grad();
      if (!gradient.defined() || !some.vectors_NE.requires_grad()) continue;
      const auto share = (some.vectors_NE * gradient.narrow(0, first, some.vectors_NE.size(0))).sum();
      surrogate = surrogate.defined() ? surrogate + share : share;
    }
    if (surrogate.defined()) backward(surrogate);
  }
  outcome.loss = outcome.loss.detach();
  return outcome;
}

void Contrastive::keep_features(const std::filesystem::path& folder) {
  bool any = false;
  for (size_t t = 0; t < network_->towers.size(); ++t) {
    auto* tower = dynamic_cast<BackboneTower*>(network_->towers[t].get());
    if (tower == nullptr || !tower->frozen()) continue;
    tower->keep_features(folder / network_->names[t]);
    any = true;
  }
  if (!any)
    base::user_error(
        "feature_cache has no effect: no tower has a backbone with freeze = \"all\", whose features stay the same; "
        "take "
        "it out");
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
int64_t Contrastive::width() const {
  int64_t out = network_->settings.projection;
  if (network_->settings.own_weight > 0)
    for (const auto& tower : network_->towers) out += tower->own_width();
  return out;
}
nn::Parameters& Contrastive::parameters() { return network_->parameters; }
const ContrastiveSettings& Contrastive::settings() const { return network_->settings; }
std::unique_ptr<PatchEncoder> Contrastive::patch_encoder(const std::string& modality) const {
  for (const auto& tower : network_->towers)
    if (tower->reads(modality))
      if (auto found = tower->patch_encoder()) return found;
  return nullptr;
}

bool Contrastive::checks_instrument() const {
  return std::any_of(network_->towers.begin(), network_->towers.end(),
                     [](const auto& t) { return t->checks_instrument(); });
}

Model::Embedded Contrastive::vectors_of(const modalities::Batch& batch, const EmbedRequest& request) const {
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
  const bool keeps_own = net.settings.own_weight > 0;
  auto common = at::zeros({batch.size(), net.settings.projection}, net.parameters.device());
  auto present = at::zeros({batch.size()}, at::kBool);
  std::vector<at::Tensor> own;
  for (const auto& tower : net.towers) {
    const bool wanted = request.given.empty() || std::any_of(request.given.begin(), request.given.end(),
                                                             [&](const auto& name) { return tower->reads(name); });
    Tower::Output one;
    if (wanted) {
      one = (*tower)(batch, {request.given, 1, {0, 0, false}, {}, request.any_instrument, keeps_own});
      common = common + one.vectors_NE;
      present = present.logical_or(at::from_blob(one.present_N.data(), {batch.size()}, at::kByte).to(at::kBool));
    }
    if (keeps_own && tower->own_width() > 0)
      own.push_back(one.own_NC.defined() ? one.own_NC : at::zeros({batch.size(), tower->own_width()}, common.device()));
  }
  const auto unit = [](const at::Tensor& x) { return x / at::linalg_vector_norm(x, 2, {-1}, true).clamp_min(1e-12); };
  common = unit(common);
  if (own.empty()) return {common, present};
  return {unit(at::cat({common, net.settings.own_weight * at::cat(own, 1)}, 1)), present};
}

Model::Embedded Contrastive::embed(const modalities::Batch& batch, const EmbedRequest& request) const {
  at::NoGradGuard no_grad;
  auto out = vectors_of(batch, request);
  out.vectors_ND = out.vectors_ND.to(at::kCPU);
  return out;
}

Model::TokenRows Contrastive::token_rows(const modalities::Batch& batch, const EmbedRequest& request) const {
  const auto seen = vectors_of(batch, request);
  TokenRows out;
  const auto present = seen.present_N.contiguous();
  for (int64_t i = 0; i < batch.size(); ++i) out.objects.add(present.const_data_ptr<bool>()[i] ? 1 : 0);
  out.rows_RD = seen.vectors_ND.index_select(0, nn::onto(seen.vectors_ND.device(), present.nonzero().squeeze(1)));
  return out;
}

void Contrastive::forget(uint64_t seed) {
  for (const auto& [name, tower] : network_->settings.towers)
    if (!tower.backbone.empty())
      base::user_error(
          "the encoder of tower '{}' is a finished model's and cannot be trained from scratch here: leave out "
          "model.label_counts",
          name);
  auto settings = network_->settings;
  settings.seed = int64_t(seed);
  take_first_weights(network_->parameters, Contrastive(settings).network_->parameters);
}

void Contrastive::save(const std::filesystem::path& folder) const {
  base::AtomicFolder aside(folder, base::Replace::yes);
  auto settings = network_->settings;
  nlohmann::json json = {{"kind", kind()},
                         {"settings", nlohmann::json::parse(config::to_json(config::fields_of(settings)))}};
  for (size_t t = 0; t < network_->towers.size(); ++t)
    if (const auto* tower = dynamic_cast<const BackboneTower*>(network_->towers[t].get()))
      json["backbones"][network_->names[t]] = tower->backbone().config();
  io::write_json(aside.path() / "config.json", json);
  tokenizers::write_weights(aside.path() / "model.safetensors", network_->parameters.all(), {{"format", "pt"}});
  aside.commit();
}

std::unique_ptr<Contrastive> Contrastive::load(const std::filesystem::path& folder) {
  const auto path = (folder / "config.json").string();
  const auto json = io::read_json(folder / "config.json");
  if (!json.is_object() || !json.contains("settings"))
    base::data_error("{} has no 'settings': it is no contrastive model of this program", path);
  ContrastiveSettings settings;
  auto fields = config::fields_of(settings);
  config::read_json(fields, json.at("settings").dump(), path);
  const auto backbones = json.value("backbones", nlohmann::json::object());
  const auto inside = [&](const std::string& tower, const TowerSettings&) {
    if (!backbones.is_object() || !backbones.contains(tower))
      base::data_error("{}: 'backbones' lacks that of tower '{}'", path, tower);
    return backbone_of(backbones.at(tower), path);
  };
  const auto weights = folder / "model.safetensors";
  const auto values = tokenizers::read_weights(weights);
  const nn::ValuesFollow follow(weights);
  std::unique_ptr<Contrastive> model(
      new Contrastive(std::make_unique<Network>(std::move(settings), at::kFloat, inside)));
  model->parameters().load(values, weights.string());
  return model;
}

}  // namespace asterism::models
