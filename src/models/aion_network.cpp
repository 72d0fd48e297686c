#include "models/aion_network.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "io/safetensors.h"
#include "nn/device.h"
#include "nn/fourier.h"
#include "tokenizers/weights_file.h"

namespace asterism::models {
namespace {

constexpr int64_t kSequencePlaces = 512;  // rows that files hold for a sequence, more than are ever used
constexpr double kDeviation = 0.02;       // of embeddings at the start (4M)
constexpr size_t kFloatBytes = 4;

const std::string kIn = "encoder_embeddings.", kOut = "decoder_embeddings.", kModality = ".mod_emb";

AionConfig in_order(AionConfig config) {
  std::sort(config.domains_in.begin(), config.domains_in.end());
  std::sort(config.domains_out.begin(), config.domains_out.end());
  return config;
}

// Facts of a modality that is not among the published ones, from its weights.
AionModality facts_of(const std::string& key, const nn::GivenWeights* given, const std::vector<AionModality>& own) {
  for (const auto& m : own)
    if (m.key == key) return m;
  if (const auto* known = find_aion_modality(key)) return *known;
  if (!given) {
    std::vector<std::string> known;
    for (const auto& m : aion_modalities()) known.push_back(m.key);
    base::user_error("AION-1 has no modality '{}'; the nearest is '{}'", key, base::nearest(key, known));
  }
  const auto prefix = given->contains(kIn + key + ".token_emb.weight") ? kIn + key : kOut + key;
  const auto& table = given->at(prefix + ".token_emb.weight");
  const auto& places = given->at(prefix + ".pos_emb");
  if (table.dim() != 2 || places.dim() != 3)
    base::data_error("{}: '{}.token_emb.weight' and '{}.pos_emb' have {} and {} dimensions, not 2 and 3",
                     given->source(), prefix, prefix, table.dim(), places.dim());
  AionModality m;
  m.key = m.codec = key;
  m.columns = places.size(1);
  m.vocabulary = table.size(0);
  return m;
}

// The fixed places of a modality's tokens [1, P, D]: the file's, or made where it has none.
at::Tensor places_of(const nn::Scope& scope, const AionModality& m, int64_t width) {
  const std::string name = "pos_emb";
  if (scope.given() && scope.given()->contains(scope.name(name)))
    return scope.buffer(name, at::zeros({}).expand({1, m.sequence ? kSequencePlaces : m.tokens(), width}));
  const auto made =
      m.sequence ? nn::sincos_positions(kSequencePlaces, width) : nn::sincos_grid(m.rows, m.columns, width);
  return scope.buffer(name, made.unsqueeze(0));
}

at::Tensor lookup(const at::Tensor& table_VD, const at::Tensor& ids_R, bool sequence) {
  return at::embedding(table_VD, ids_R, sequence ? 0 : -1);  // id 0 of a sequence is padding, and not learned
}

nn::Linear linear(const nn::Scope& scope, int64_t width, bool has_bias) {
  return nn::Linear(scope, width, width, has_bias);
}

}  // namespace

AionNetwork::AionNetwork(AionConfig c, uint64_t seed, const std::vector<AionModality>& own)
    : config(in_order(std::move(c))) {
  build(nn::Scope(parameters, seed), own);
}

AionNetwork::AionNetwork(AionConfig c, nn::GivenWeights& weights) : config(in_order(std::move(c))) {
  if (config.share_modality_embeddings)
    for (const auto& key : config.domains_in)
      if (std::binary_search(config.domains_out.begin(), config.domains_out.end(), key))
        weights.unite(kOut + key + kModality, kIn + key + kModality);
  build(nn::Scope(parameters, weights), {});
  weights.check_all_taken();
}

void AionNetwork::build(const nn::Scope& scope, const std::vector<AionModality>& own) {
  const auto norm = config.transformer(1).norm();
  make_embeddings(scope, own);
  encoder = nn::Encoder(scope / "encoder", config.transformer(config.encoder_depth));
  encoder_norm = nn::LayerNorm(scope / "encoder_norm", config.dim, norm);
  decoder_proj_context = linear(scope / "decoder_proj_context", config.dim, true);
  decoder = nn::Decoder(scope / "decoder", config.transformer(config.decoder_depth));
  decoder_norm = nn::LayerNorm(scope / "decoder_norm", config.dim, norm);
  segment_decoder = std::make_unique<SegmentDecoder>(decoder);
  mask_token_11D = scope.parameter("mask_token", {1, 1, config.dim}, nn::Init::normal(kDeviation));
  if (config.num_register_tokens > 0)
    register_tokens_1RD =
        scope.parameter("register_tokens", {1, config.num_register_tokens, config.dim}, nn::Init::normal(kDeviation));
}

void AionNetwork::make_embeddings(const nn::Scope& scope, const std::vector<AionModality>& own) {
  const auto normal = nn::Init::normal(kDeviation);
  std::set<std::string> all(config.domains_in.begin(), config.domains_in.end());
  all.insert(config.domains_out.begin(), config.domains_out.end());
  const auto has = [](const std::vector<std::string>& list, const std::string& key) {
    return std::binary_search(list.begin(), list.end(), key);
  };
  for (const auto& key : all) {
    AionEmbedding e;
    e.facts = facts_of(key, scope.given(), own);
    e.input = has(config.domains_in, key);
    e.target = has(config.domains_out, key);
    if (e.target) {
      const auto out = scope / (kOut + key);
      e.out_table_VD = out.parameter("token_emb.weight", {e.facts.vocabulary, config.dim}, normal);
      e.to_logits_VD = out.parameter("to_logits.weight", {e.facts.vocabulary, config.dim},
                                     nn::Init::xavier(config.dim, e.facts.vocabulary));
      e.out_places_1PD = places_of(out, e.facts, config.dim);
      e.out_modality_11D = out.parameter("mod_emb", {1, 1, config.dim}, normal);
    }
    if (e.input) {
      const auto in = scope / (kIn + key);
      e.in_table_VD = in.parameter("token_emb.weight", {e.facts.vocabulary, config.dim}, normal);
      e.in_places_1PD = places_of(in, e.facts, config.dim);
      const bool shared = e.target && config.share_modality_embeddings;
      e.in_modality_11D = shared ? e.out_modality_11D : in.parameter("mod_emb", {1, 1, config.dim}, normal);
    }
    modalities.push_back(std::move(e));
  }
}

std::vector<std::string> AionNetwork::keys(bool as_input) const {
  std::vector<std::string> out;
  for (const auto& m : modalities)
    if (as_input ? m.input : m.target) out.push_back(m.facts.key);
  return out;
}

int64_t AionNetwork::input(const std::string& key) const {
  for (size_t m = 0; m < modalities.size(); ++m)
    if (modalities[m].input && modalities[m].facts.key == key) return int64_t(m);
  base::user_error("this model does not read '{}'; the nearest that it reads is '{}'", key,
                   base::nearest(key, keys(true)));
}

int64_t AionNetwork::target(const std::string& key) const {
  for (size_t m = 0; m < modalities.size(); ++m)
    if (modalities[m].target && modalities[m].facts.key == key) return int64_t(m);
  base::user_error("this model does not predict '{}'; the nearest that it predicts is '{}'", key,
                   base::nearest(key, keys(false)));
}

AionNetwork::Embedded AionNetwork::embed_inputs(const AionRows& rows) const {
  const int64_t R = rows.modality_R.size(0);
  const auto empty = at::zeros({R, config.dim}, mask_token_11D.options().requires_grad(false));
  const auto device = empty.device();
  Embedded out{empty, empty};
  std::vector<at::Tensor> at_rows, tokens, places;
  const auto counts = at::bincount(rows.modality_R + 1, {}, int64_t(modalities.size()) + 1);
  for (int64_t m = -1; m < int64_t(modalities.size()); ++m) {
    if (counts.const_data_ptr<int64_t>()[m + 1] == 0) continue;
    if (m >= 0 ? !modalities[size_t(m)].input : !register_tokens_1RD.defined()) continue;
    const auto here = rows.modality_R.eq(m).nonzero().squeeze(1);
    if (here.size(0) == 0) continue;
    const auto place = nn::onto(device, rows.place_R.index_select(0, here));
    at_rows.push_back(here);
    if (m < 0) {
      tokens.push_back(register_tokens_1RD.squeeze(0).index_select(0, place));
      places.push_back(at::zeros_like(tokens.back()));
      continue;
    }
    const auto& e = modalities[size_t(m)];
    tokens.push_back(lookup(e.in_table_VD, nn::onto(device, rows.id_R.index_select(0, here)), e.facts.sequence));
    places.push_back(e.in_places_1PD.squeeze(0).index_select(0, place) + e.in_modality_11D.squeeze(0));
  }
  if (at_rows.empty()) return out;
  const auto all = nn::onto(device, at::cat(at_rows));
  return {empty.index_copy(0, all, at::cat(tokens)), empty.index_copy(0, all, at::cat(places))};
}

at::Tensor AionNetwork::embed_targets(const AionRows& rows) const {
  const auto empty = at::zeros({rows.modality_R.size(0), config.dim}, mask_token_11D.options().requires_grad(false));
  const auto device = empty.device();
  std::vector<at::Tensor> at_rows, parts;
  for (size_t m = 0; m < modalities.size(); ++m) {
    const auto& e = modalities[m];
    if (!e.target) continue;
    const auto here = rows.modality_R.eq(int64_t(m)).nonzero().squeeze(1);
    if (here.size(0) == 0) continue;
    const auto at_place = nn::onto(device, rows.place_R.index_select(0, here));
    const auto place = e.out_places_1PD.squeeze(0).index_select(0, at_place) + e.out_modality_11D.squeeze(0);
    at_rows.push_back(here);
    if (e.facts.sequence)
      parts.push_back(place + lookup(e.out_table_VD, nn::onto(device, rows.id_R.index_select(0, here)), true));
    else
      parts.push_back(place + mask_token_11D.squeeze(0));
  }
  return at_rows.empty() ? empty : empty.index_copy(0, nn::onto(device, at::cat(at_rows)), at::cat(parts));
}

at::Tensor AionNetwork::logits(int64_t modality, const at::Tensor& x_RD) const {
  return at::linear(x_RD, modalities[size_t(modality)].to_logits_VD);
}

at::Tensor AionNetwork::tensor(const std::string& name) const {
  const auto all = parameters.all();
  if (const auto found = all.find(name); found != all.end()) return found->second;
  for (const auto& [left_out, kept] : shared_names(*this))
    if (name == left_out) return all.at(kept);
  return {};
}

std::vector<std::pair<std::string, std::string>> shared_names(const AionNetwork& network) {
  std::vector<std::pair<std::string, std::string>> out;
  if (!network.config.share_modality_embeddings) return out;
  for (const auto& m : network.modalities)
    if (m.input && m.target) out.emplace_back(kIn + m.facts.key + kModality, kOut + m.facts.key + kModality);
  return out;
}

nn::GivenWeights read_aion_weights(const std::filesystem::path& file) {
  auto tensors = tokenizers::read_weights(file, kFloatBytes);
  const auto metadata = io::SafetensorsFile::open(file).metadata();
  for (const auto& [left_out, kept] : metadata) {  // other entries name no tensor
    const auto found = tensors.find(kept);
    if (found != tensors.end() && !tensors.contains(left_out)) tensors[left_out] = found->second;
  }
  return {std::move(tensors), file.string()};
}

AionConfig with_detected(AionConfig config, const nn::GivenWeights& weights) {
  const auto& all = weights.tensors();
  config.qk_norm = std::any_of(all.begin(), all.end(),
                               [](const auto& entry) { return entry.first.find(".q_norm.") != std::string::npos; });
  return config;
}

}  // namespace asterism::models
