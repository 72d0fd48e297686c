#include "models/any_to_any_network.h"

#include <algorithm>

#include "base/error.h"
#include "models/both_embedding.h"
#include "models/input_units.h"
#include "models/make_summary.h"
#include "models/summary_embedding.h"
#include "models/temperature.h"
#include "models/token_embedding.h"
#include "models/value_embedding_image.h"
#include "models/value_embedding_spectrum.h"
#include "models/wrap.h"
#include "nn/device.h"

namespace asterism::models {
namespace {

constexpr int64_t kShallow = 8;  // encoder blocks that gradients survive a row of zeros in

// Rows that no token was placed on.
at::Tensor empty_rows(const Packing& packing) {
  return at::ones({packing.objects.rows()}, at::kBool).index_fill(0, packing.places_R(), false).nonzero().squeeze(1);
}

nn::TransformerSettings transformer(const AnyToAnySettings& s, int64_t depth) {
  nn::TransformerSettings t;
  t.width = s.width;
  t.heads = s.heads;
  t.depth = depth;
  t.mlp_ratio = s.mlp_ratio;
  t.dropout = s.dropout;
  t.norm_bias = t.qkv_bias = t.proj_bias = t.mlp_bias = s.bias;
  t.qk_norm = s.qk_norm;
  return t;
}

std::shared_ptr<tokenizers::Tokenizer> codec_for(const std::string& name, const ModalitySettings& m,
                                                 const Codecs& codecs) {
  const auto found = codecs.find(name);
  if (found != codecs.end() && found->second) return found->second;
  if (!m.codec.empty()) return tokenizers::load_tokenizer(m.codec);
  if (m.kind != "scalar")
    base::user_error(
        "'{}' is an {} and needs a trained tokenizer: set model.modalities.{}.codec to its folder, or target = false",
        name, m.kind, name);
  tokenizers::ScalarBinsSettings bins;
  bins.bins = m.bins;
  bins.spacing = m.bin_spacing;
  return std::make_shared<tokenizers::ScalarBins>(bins);
}

std::vector<uint8_t> chosen(const std::vector<std::string>& wanted, const std::vector<std::string>& names,
                            const std::vector<uint8_t>& able, const char* what) {
  std::vector<uint8_t> out(names.size(), 0);
  std::vector<std::string> valid;
  for (size_t m = 0; m < names.size(); ++m)
    if (able[m]) valid.push_back(names[m]);
  for (const auto& name : wanted) {
    const auto found = std::find(names.begin(), names.end(), name) - names.begin();
    if (size_t(found) == names.size() || !able[size_t(found)])
      base::user_error("this model cannot {} '{}'; the nearest that it can is '{}'", what, name,
                       base::nearest(name, valid));
    out[size_t(found)] = 1;
  }
  return out;
}

}  // namespace

AnyToAny::Network::Network(AnyToAnySettings s, Codecs given_codecs, at::ScalarType dtype, bool blank)
    : settings(std::move(s)), codecs(std::move(given_codecs)) {
  check(settings);
  for (const auto& [name, m] : settings.modalities) {
    names.push_back(name);
    modality.push_back(m);
    if (m.target || m.input == "tokens" || m.input == "both") codecs[name] = codec_for(name, m, codecs);
  }
  for (const auto& [name, codec] : codecs)
    if (!settings.modalities.contains(name))
      base::user_error("a tokenizer is given for '{}', which the model lacks; the nearest is '{}'", name,
                       base::nearest(name, names));
  for (const auto& [name, codec] : codecs)
    if (dynamic_cast<tokenizers::ScalarBins*>(codec.get())) bins.adopt(name + ".", codec->parameters());
  const nn::Scope drawn(parameters, uint64_t(settings.seed), "", dtype);
  const auto scope = blank ? drawn.blank() : drawn;
  make_inputs(scope / "input");
  make_heads(scope / "target");
  encoder = nn::Encoder(scope / "encoder", transformer(settings, settings.encoder_layers));
  const auto norm_bias = settings.bias ? nn::NormBias::learned : nn::NormBias::none;
  encoder_norm = nn::LayerNorm(scope / "encoder_norm", settings.width, norm_bias);
  const bool has_segments =
      std::any_of(heads.begin(), heads.end(), [](const auto& head) { return head && !head->one_token(); });
  decoder =
      std::make_unique<SegmentDecoder>(scope / "decoder", transformer(settings, settings.decoder_layers), has_segments);
  decoder_norm = nn::LayerNorm(scope / "decoder_norm", settings.width, norm_bias);
  mask_token_D = scope.parameter("mask_token", {settings.width}, nn::Init::normal(0.5));
  if (!settings.bias || settings.encoder_layers > kShallow)
    nothing_D = scope.parameter("nothing", {settings.width}, nn::Init::normal(0.5));
  const auto count = int64_t(names.size());
  temperature_M = scope.statistic("temperature", at::ones({count}, at::kDouble));
  if (settings.temperature_by_input)
    temperature_by_MM = scope.statistic("temperature_by_input", at::zeros({count, count}, at::kDouble));
}

void AnyToAny::Network::make_inputs(const nn::Scope& scope) {
  ScalarEmbeddingSettings values;
  values.width = settings.width;
  values.features = settings.fourier_features;
  values.finest = settings.fourier_finest;
  for (size_t m = 0; m < names.size(); ++m) {
    const auto& s = modality[m];
    auto& input = inputs.emplace_back();
    scalar_index.push_back(-1);
    if (s.input == "none") continue;
    if (s.input == "tokens") {
      input = as_codes(scope / names[m], m);
    } else if (s.kind == "image") {
      input =
          std::make_unique<ValueEmbeddingImage>(scope / names[m], names[m], s.patch, s.size, s.bands, settings.width);
    } else if (s.kind == "spectrum") {
      input = std::make_unique<ValueEmbeddingSpectrum>(scope / names[m], names[m], s.patch, settings.width);
    } else {
      // codes of "both" are added to the row of the value
      if (s.input == "both") input = as_codes(scope / names[m], m);
      scalar_index.back() = int64_t(values.names.size());
      values.names.push_back(names[m]);
      values.scales.push_back(s.group.empty() ? s.scale : "asinh");
      values.input_noise.push_back(s.input_noise);
      values.hide_error.push_back(s.hide_error);
      values.groups.push_back(s.group);
    }
  }
  if (!values.names.empty()) scalars = std::make_unique<ValueEmbeddingScalar>(scope / "scalars", std::move(values));
  for (size_t m = 0; m < names.size(); ++m) {
    const auto& s = modality[m];
    const auto own = scope / names[m];
    if (s.input == "both" && s.kind != "scalar")
      inputs[m] = std::make_unique<BothEmbedding>(own, std::move(inputs[m]), codecs.at(names[m]),
                                                  token_grid(*codecs.at(names[m]), s.kind), settings.width);
    if (s.summary > 0)
      inputs[m] = std::make_unique<SummaryEmbedding>(
          own, std::move(inputs[m]), make_summary(own / "summary", names[m], s, s.summary), s.summary, settings.width);
  }
}

std::unique_ptr<InputEmbedding> AnyToAny::Network::as_codes(const nn::Scope& scope, size_t m) const {
  const auto& codec = codecs.at(names[m]);
  return std::make_unique<TokenEmbedding>(scope, codec, token_grid(*codec, modality[m].kind), settings.width);
}

void AnyToAny::Network::make_heads(const nn::Scope& scope) {
  for (size_t m = 0; m < names.size(); ++m)
    heads.push_back(modality[m].target
                        ? std::make_unique<TargetHead>(scope / names[m], names[m], with_head(modality[m], settings),
                                                       codecs.at(names[m]), settings.width)
                        : nullptr);
}

std::vector<uint8_t> AnyToAny::Network::choose_inputs(const std::vector<std::string>& wanted) const {
  std::vector<uint8_t> able;
  for (const auto& m : modality) able.push_back(m.input != "none");
  return wanted.empty() ? able : chosen(wanted, names, able, "read");
}

std::vector<uint8_t> AnyToAny::Network::choose_targets(const std::vector<std::string>& wanted) const {
  std::vector<uint8_t> able;
  for (const auto& m : modality) able.push_back(m.target);
  return wanted.empty() ? able : chosen(wanted, names, able, "predict");
}

Candidate AnyToAny::Network::candidate_of(size_t m, const modalities::Block* block, Observed& observed, bool as_input,
                                          bool as_target, TokenCache* token_cache) const {
  const auto& s = modality[m];
  Candidate c;
  c.name = names[m];
  c.scalar = s.kind == "scalar";
  c.input_weight = s.input_weight;
  c.target_weight = s.target_weight;
  if (heads[m]) {
    c.target_grid = heads[m]->grid();
    c.target_places = heads[m]->places();
  }
  if (!block) return c;
  const auto* scalar = std::get_if<modalities::ScalarBlock>(block);
  if (modalities::kind(*block) != s.kind)
    base::user_error("'{}' is a {} for this model, but the batch holds a {}: check the modality's name", names[m],
                     s.kind, modalities::kind(*block));
  const auto& present = modalities::present(*block);
  observed.scalars[m] = scalar;
  auto& seen = observed.seen[m];
  const bool by_value = scalar && scalar_index[m] >= 0;
  if (!by_value) seen = PresentRows(*block);
  if (!by_value && !seen.any()) return c;
  if (as_input && by_value) {
    if (inputs[m]) observed.views[m] = inputs[m]->view(*block);
    c.usable_NP.assign(present.begin(), present.end());
  } else if (as_input && inputs[m]) {
    const auto& view = observed.views[m] = inputs[m]->view(seen.block());
    c.input_grid = view.grid;
    c.input_places = seen.spread(view.places, view.grid.columns);
    c.usable_NP = seen.spread(view.usable_NP);
  }
  if (!as_target || !heads[m]) return c;
  if (scalar) {
    c.askable_N.assign(present.begin(), present.end());
    return c;
  }
  auto& tokens = observed.tokens[m];
  if (token_cache) {
    tokens = token_cache->encode(heads[m]->codec(), *block, observed.hashes);
  } else {
    tokens = heads[m]->codec().encode(seen.block());
    tokens = {seen.spread(tokens.ids), seen.spread(tokens.present)};
  }
  // An object without a good pixel on the codec's own grid is present, but has no codes.
  const auto coded = tokens.present.contiguous();
  c.askable_N.assign(coded.const_data_ptr<bool>(), coded.const_data_ptr<bool>() + coded.numel());
  return c;
}

AnyToAny::Network::Observed AnyToAny::Network::observe(const modalities::Batch& batch,
                                                       const std::vector<uint8_t>& as_input,
                                                       const std::vector<uint8_t>& as_target,
                                                       TokenCache* token_cache) const {
  check_units(settings.modalities, batch);
  Observed out;
  out.objects = batch.size();
  for (const auto& object : batch.objects) out.hashes.push_back(object.hash());
  out.seen.resize(names.size());
  out.views.resize(names.size());
  out.scalars.assign(names.size(), nullptr);
  out.tokens.resize(names.size());
  for (size_t m = 0; m < names.size(); ++m) {
    const auto found = batch.blocks.find(names[m]);
    const auto* block = found == batch.blocks.end() ? nullptr : &found->second;
    if (block && modalities::rows(*block) != batch.size())
      base::data_error("'{}' has {} rows for {} objects", names[m], modalities::rows(*block), batch.size());
    out.candidates.push_back(candidate_of(m, block, out, as_input[m], as_target[m], token_cache));
  }
  return out;
}

at::Tensor AnyToAny::Network::embed_rows(const Observed& observed, const std::vector<Rows>& rows,
                                         const DrawKey& key) const {
  std::vector<at::Tensor> by_scalar;
  if (scalars) {  // all scalars in one go, then cut by modality again
    std::vector<const modalities::ScalarBlock*> blocks;
    std::vector<const Rows*> chosen_rows;
    std::vector<int64_t> counts;
    for (size_t m = 0; m < names.size(); ++m) {
      if (scalar_index[m] < 0) continue;
      blocks.push_back(observed.scalars[m]);
      chosen_rows.push_back(&rows[m]);
      counts.push_back(rows[m].size());
    }
    by_scalar = scalars->embed(blocks, chosen_rows, observed.hashes, key).split_with_sizes(counts);
  }
  std::vector<at::Tensor> parts;
  for (size_t m = 0; m < names.size(); ++m) {
    if (rows[m].size() == 0) continue;
    at::Tensor part;
    if (inputs[m])
      part = inputs[m]->embed(observed.views[m], observed.seen[m].rows_of(copied(rows[m].object)),
                              copied(rows[m].position));
    if (scalar_index[m] >= 0) {
      const auto& value = by_scalar[size_t(scalar_index[m])];
      part = part.defined() ? value + part : value;
    }
    parts.push_back(part);
  }
  if (parts.empty()) return at::zeros({0, settings.width}, mask_token_D.options().requires_grad(false));
  return at::cat(parts, 0);
}

at::Tensor AnyToAny::Network::encode(const at::Tensor& rows_RD, const Packing& packing, const nn::DropKey& drop,
                                     int64_t layer) const {
  const auto dropped = drop.own ? rows_RD : nn::dropout(rows_RD, settings.input_dropout, drop / 1000);
  auto x_LD = packing.scatter(dropped.to(mask_token_D.scalar_type()));  // bf16 under autocast
  if (drop.own) x_LD = nn::dropout(x_LD, packing.objects, settings.input_dropout, drop / 1000);
  if (nothing_D.defined()) {
    const auto empty = nn::onto(x_LD.device(), empty_rows(packing));
    x_LD = x_LD.index_copy(0, empty, nothing_D.unsqueeze(0).expand({empty.size(0), settings.width}));
  }
  const auto out = encoder.rows(x_LD, packing.objects, drop / 2000, layer >= 0 ? layer + 1 : -1);
  return layer >= 0 ? out : encoder_norm(out);
}

std::vector<at::Tensor> AnyToAny::Network::decode(const std::vector<Rows>& rows, const Packing& packing,
                                                  const SegmentDecoder::Context& context,
                                                  const std::vector<tokenizers::Tokens>& tokens,
                                                  const nn::DropKey& drop) const {
  std::vector<at::Tensor> queries, out(names.size());
  std::vector<int64_t> counts;
  Segments segments;
  for (size_t m = 0; m < names.size(); ++m) {
    counts.push_back(rows[m].size());
    if (rows[m].size() == 0) continue;
    const auto position = copied(rows[m].position);
    at::Tensor shown, ids;
    if (!heads[m]->one_token()) {
      shown = at::from_blob(const_cast<uint8_t*>(rows[m].shown.data()), {rows[m].size()}, at::kByte).to(at::kBool);
      ids = tokens[m].ids.index({copied(rows[m].object), position});
      add_segments(segments, rows[m], packing.placed[m]);
    }
    queries.push_back(heads[m]->queries(mask_token_D, position, shown, ids));
  }
  if (queries.empty()) return out;
  const auto places_R = nn::onto(mask_token_D.device(), packing.places_R());
  const auto x_LD = decoder_norm(
      (*decoder)(packing.scatter(at::cat(queries, 0), places_R), packing.objects, segments, context, drop / 3000));
  const auto by_modality = x_LD.index_select(0, places_R).split_with_sizes(counts);
  for (size_t m = 0; m < names.size(); ++m)
    if (counts[m] > 0) out[m] = by_modality[m];
  return out;
}

std::vector<uint8_t> AnyToAny::Network::are_images(const std::vector<uint8_t>& given) const {
  std::vector<uint8_t> out;
  for (size_t m = 0; m < names.size(); ++m) out.push_back(given[m] && modality[m].kind == "image");
  if (std::find(out.begin(), out.end(), 1) == out.end())
    base::user_error("rings are those of an image, and none is given: leave out the rings");
  return out;
}

nn::DropKey AnyToAny::Network::drop_key(const Observed& observed, const DrawKey& key) const {
  if (!key.training) return {};
  uint64_t mixed = uint64_t(key.epoch);
  for (const uint64_t hash : observed.hashes) mixed = mixed * 0x9e3779b97f4a7c15ULL + hash;
  return nn::DropKey(key.seed, mixed);
}

bool AnyToAny::Network::has_several_inputs_beside(size_t m) const {
  int64_t others = 0;
  for (size_t i = 0; i < names.size(); ++i) others += i != m && modality[i].input != "none";
  return others > 1;
}

ScalarPosterior AnyToAny::Network::posterior(size_t m, const std::vector<at::Tensor>& passes,
                                             const at::Tensor& given_NM) const {
  if (!heads[m]->bins())
    base::user_error("'{}' has one token that is no bin of a scalar: it has no posterior", names[m]);
  const auto enough_N = given_NM.sum(1).gt(has_several_inputs_beside(m) ? 1 : 0);
  auto log_N = temperature_M[int64_t(m)].log().expand({given_NM.size(0)});
  if (temperature_by_MM.defined()) log_N = log_N + given_NM.gt(0).to(at::kDouble).matmul(temperature_by_MM[int64_t(m)]);
  const auto temperature_N1 =
      at::where(enough_N, log_N.clamp(-kWidestLogTemperature, kWidestLogTemperature).exp(), at::ones({}, at::kDouble))
          .unsqueeze(1);
  const auto& edges = heads[m]->bins()->edges();
  const auto& unit = heads[m]->bins()->settings().unit;
  if (heads[m]->continuous()) {
    std::vector<ScalarMixture> mixtures;
    mixtures.reserve(passes.size());
    for (const auto& x_RD : passes) mixtures.push_back(heads[m]->mixture(x_RD).widened(temperature_N1));
    return {ScalarMixture::average(mixtures), edges, unit};
  }
  at::Tensor sum;
  for (const auto& x_RD : passes) {
    const auto p = at::softmax(heads[m]->logits(x_RD).to(at::kCPU, at::kDouble) / temperature_N1, 1);
    sum = sum.defined() ? sum + p : p;
  }
  return {sum, edges, unit};
}

}  // namespace asterism::models
