#include "models/adapted.h"

#include <algorithm>

#include "base/atomic_file.h"
#include "base/error.h"
#include "io/json.h"
#include "models/lone_encoder.h"
#include "models/patch_encoder.h"
#include "models/wrap.h"
#include "nn/device.h"
#include "nn/nothing_to_learn.h"
#include "nn/scope.h"
#include "tokenizers/weights_file.h"

namespace asterism::models {
namespace {

constexpr int64_t kMostKeptBytes = int64_t{1} << 30;
constexpr const char* kBackbone = "backbone.";

at::Tensor lengths(const nn::Ranges& objects) {
  std::vector<int64_t> out;
  for (int64_t i = 0; i < objects.groups(); ++i) out.push_back(objects.length(i));
  return copied(out);
}

std::unique_ptr<Model> opened(const AdaptedSettings& settings) {
  check(settings);
  return load_model(settings.backbone);
}

}  // namespace

Adapted::Adapted(const AdaptedSettings& settings) : Adapted(settings, opened(settings)) {}

Adapted::Adapted(AdaptedSettings settings, std::unique_ptr<Model> backbone, bool merged)
    : settings_(std::move(settings)), backbone_(std::move(backbone)) {
  const auto known = backbone_->modalities();
  for (const auto& name : settings_.given)
    if (std::find(known.begin(), known.end(), name) == known.end())
      base::user_error("the backbone cannot read '{}'; the nearest that it can is '{}'", name,
                       base::nearest(name, known));
  if (modalities().empty())
    base::user_error("the backbone reads nothing but '{}', which is the target: choose another", settings_.target);
  const nn::Scope scope(parameters_, uint64_t(settings_.seed));
  head_ = std::make_unique<AdaptedHead>(scope / "head", settings_,
                                        settings_.by_tokens() ? backbone_->token_width() : backbone_->width());
  const bool full = settings_.adapt == "full";
  backbone_->parameters().set_trainable([full](const std::string&) { return full; });
  if (full) {
    parameters_.adopt(kBackbone, backbone_->parameters());
  } else if (settings_.adapt == "lora" && !merged) {
    adapters_ = std::make_unique<nn::LowRank>(backbone_->parameters(), parameters_,
                                              nn::LowRank::Settings{settings_.rank, settings_.rank_scale},
                                              uint64_t(settings_.seed));
  }
}

void Adapted::to(const at::Device& device) {
  if (adapters_) adapters_->remove();
  backbone_->to(device);
  parameters_.to(device);
}

std::vector<std::string> Adapted::modalities() const {
  auto out = settings_.given.empty() ? backbone_->modalities() : settings_.given;
  std::erase(out, settings_.target);
  return out;
}

EmbedRequest Adapted::request_of(const EmbedRequest& request) const {
  auto out = request;
  const auto readable = modalities();
  for (const auto& name : out.given)
    if (std::find(readable.begin(), readable.end(), name) == readable.end())
      base::user_error("this model cannot read '{}'; the nearest that it can is '{}'", name,
                       base::nearest(name, readable));
  if (out.given.empty() && readable != backbone_->modalities()) out.given = readable;
  return out;
}

Model& Adapted::adapted_backbone() {
  at::NoGradGuard no_grad;
  if (adapters_) adapters_->apply();
  return *backbone_;
}

void Adapted::fit(const modalities::Batch& sample) {
  const auto found = sample.blocks.find(settings_.target);
  if (found == sample.blocks.end() || !std::holds_alternative<modalities::ScalarBlock>(found->second))
    base::user_error("'{}' is no scalar of the data: model.target names the labels", settings_.target);
  head_->fit(std::get<modalities::ScalarBlock>(found->second));
}

Model::Embedded Adapted::embed(const modalities::Batch& batch, const EmbedRequest& request) const {
  at::NoGradGuard no_grad;
  if (adapters_) adapters_->apply();
  return backbone_->embed(batch, request_of(request));
}

std::map<std::string, int64_t> Adapted::pools() const {
  auto out = backbone_->pools();
  if (settings_.adapt == "attentive") out["attentive"] = token_width();
  return out;
}

Model::Embedded Adapted::pooled(const modalities::Batch& batch, const EmbedRequest& request,
                                const std::string& pool) const {
  if (!pools().contains(pool) || pool == "tokens") return Model::pooled(batch, request, pool);
  at::NoGradGuard no_grad;
  if (pool != "attentive") {
    if (adapters_) adapters_->apply();
    return backbone_->pooled(batch, request_of(request), pool);
  }
  if (request.layer >= 0 || request.rings > 0)
    base::user_error("the head looks at tokens of the last block: leave out layer and rings");
  const auto tokens = token_rows(batch, request);
  Embedded out;
  out.present_N = lengths(tokens.objects).gt(0);
  out.vectors_ND = head_->of_tokens(tokens.rows_RD, tokens.objects).to(at::kCPU, at::kFloat);
  out.vectors_ND = out.vectors_ND.masked_fill(out.present_N.logical_not().unsqueeze(1), 0);
  if (request.normalise) out.vectors_ND = unit_rows(out.vectors_ND);
  return out;
}

Model::TokenRows Adapted::token_rows(const modalities::Batch& batch, const EmbedRequest& request) const {
  if (adapters_) adapters_->apply();
  return backbone_->token_rows(batch, request_of(request));
}

std::unique_ptr<PatchEncoder> Adapted::patch_encoder(const std::string& modality) const {
  return backbone_->patch_encoder(modality);
}

Adapted::Seen Adapted::look(const modalities::Batch& batch, const EmbedRequest& request) const {
  if (!settings_.by_tokens()) {
    const auto embedded = embed(batch, request);
    return {head_->of_vectors(nn::onto(parameters_.device(), embedded.vectors_ND)), embedded.present_N};
  }
  TokenRows tokens;
  if (settings_.frozen()) {
    at::NoGradGuard no_grad;
    tokens = token_rows(batch, request);
  } else {
    tokens = token_rows(batch, request);
  }
  return {head_->of_tokens(tokens.rows_RD, tokens.objects), lengths(tokens.objects).gt(0)};
}

// Frozen backbones give an observation the same tokens in every epoch.
Adapted::Seen Adapted::look_cached(const modalities::Batch& batch) {
  const auto read = modalities();
  std::vector<ObservationKey> keys;
  std::vector<int64_t> unseen;
  for (int64_t i = 0; i < batch.size(); ++i) {
    keys.push_back(observation_key(batch, read, i));
    if (!kept_.contains(keys.back())) unseen.push_back(i);
  }
  decltype(kept_) now;
  if (!unseen.empty()) {
    at::NoGradGuard no_grad;
    const auto part = modalities::select(batch, unseen);
    TokenRows tokens;
    if (settings_.by_tokens()) {
      tokens = token_rows(part, {});
    } else {
      const auto embedded = embed(part, {});
      tokens.rows_RD = embedded.vectors_ND.index_select(0, embedded.present_N.nonzero().squeeze(1));
      for (size_t i = 0; i < unseen.size(); ++i)
        tokens.objects.add(embedded.present_N[int64_t(i)].item<bool>() ? 1 : 0);
    }
    const auto rows_RD = tokens.rows_RD.to(at::kCPU, at::kFloat);
    for (size_t i = 0; i < unseen.size(); ++i) {
      const auto rows = rows_RD.narrow(0, tokens.objects.starts[i], tokens.objects.length(int64_t(i))).clone();
      const auto& key = keys[size_t(unseen[i])];
      now[key] = rows;
      if (kept_bytes_ + int64_t(rows.nbytes()) > kMostKeptBytes) continue;
      if (kept_.emplace(key, rows).second) kept_bytes_ += int64_t(rows.nbytes());
    }
  }
  std::vector<at::Tensor> rows;
  nn::Ranges objects;
  for (const auto& key : keys) {
    const auto fresh = now.find(key);
    rows.push_back(fresh != now.end() ? fresh->second : kept_.at(key));
    objects.add(rows.back().size(0));
  }
  const auto all = nn::onto(parameters_.device(), at::cat(rows, 0));
  return {settings_.by_tokens() ? head_->of_tokens(all, objects) : head_->of_vectors(mean_rows(all, objects)),
          lengths(objects).gt(0)};
}

Adapted::Answered Adapted::answer(const modalities::Batch& batch) {
  const auto found = batch.blocks.find(settings_.target);
  if (batch.size() == 0 || found == batch.blocks.end())
    nn::nothing_to_learn("no object of this batch has '{}'", settings_.target);
  const auto& labels = std::get<modalities::ScalarBlock>(found->second);
  const auto labelled = wrap(labels.present, {labels.n}).nonzero().squeeze(1);
  if (labelled.size(0) == 0) nn::nothing_to_learn("no object of this batch has '{}'", settings_.target);
  const auto with_label = labelled.contiguous();
  const std::vector<int64_t> rows(with_label.const_data_ptr<int64_t>(),
                                  with_label.const_data_ptr<int64_t>() + with_label.numel());
  const auto part = modalities::select(batch, rows);
  const auto seen = settings_.cache && settings_.frozen() ? look_cached(part) : look(part, {});
  const auto present = seen.present_N.nonzero().squeeze(1);
  if (present.size(0) == 0) nn::nothing_to_learn("no object of this batch has what the model reads");
  const auto label_N = wrap(labels.value, {labels.n}).index_select(0, labelled).index_select(0, present);
  return {seen.answer_NH.index_select(0, nn::onto(seen.answer_NH.device(), present)), label_N};
}

nn::Outcome Adapted::loss(const modalities::Batch& batch) {
  const auto answered = answer(batch);
  nn::Outcome out;
  out.loss = head_->loss(answered.answer_NH, answered.label_N);
  out.weight = double(answered.label_N.size(0));
  return out;
}

Adapted::Calibrated Adapted::calibrate(std::span<const modalities::Batch> validation, int64_t fewest) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> answers, labels;
  Calibrated out;
  for (const auto& batch : validation) try {
      auto answered = answer(batch);
      out.objects += answered.label_N.size(0);
      answers.push_back(std::move(answered.answer_NH));
      labels.push_back(std::move(answered.label_N));
    } catch (const nn::NothingToLearn&) {  // the other batches have what this one lacks
    }
  if (out.objects > 0 && out.objects >= fewest) out.temperature = head_->calibrate(at::cat(answers), at::cat(labels));
  return out;
}

const tokenizers::Tokenizer& Adapted::codec(const std::string& modality) const {
  if (modality != settings_.target)
    base::user_error("the model has no tokenizer for '{}'; it has one for '{}'", modality, settings_.target);
  return *head_->bins();
}

Prediction Adapted::predict(const modalities::Batch& batch, const PredictRequest& request) const {
  at::NoGradGuard no_grad;
  if (request.targets.size() != 1 || request.targets[0] != settings_.target)
    base::user_error("this model predicts '{}' alone: ask for that", settings_.target);
  if (request.unconditional || request.passes > 0)
    base::user_error("this model has one answer to what is given: leave out passes and unconditional");
  EmbedRequest given;
  given.given = request.given;
  const auto seen = look(batch, given);
  Prediction out;
  out.present_N = seen.present_N;
  out.scalars.emplace(settings_.target, head_->posterior(seen.answer_NH));
  return out;
}

void Adapted::save(const std::filesystem::path& folder) const {
  base::AtomicFolder aside(folder, base::Replace::yes);
  const bool merge = adapters_ && settings_.merge;
  auto settings = settings_;
  settings.backbone = "backbone";
  const auto json = nlohmann::json::parse(config::to_json(config::fields_of(settings)));
  const bool merged = settings_.adapt == "lora" && (merge || !adapters_);
  io::write_json(aside.path() / "config.json", {{"kind", kind()}, {"settings", json}, {"merged", merged}});
  std::map<std::string, at::Tensor> own;
  for (const auto& [name, tensor] : parameters_.all())
    if (!name.starts_with(kBackbone) && (!merge || name.starts_with("head."))) own[name] = tensor;
  tokenizers::write_weights(aside.path() / "model.safetensors", own, {{"format", "pt"}});
  std::filesystem::create_directory(aside.path() / "codecs");
  head_->bins()->save(aside.path() / "codecs" / settings_.target);
  if (adapters_) {
    at::NoGradGuard no_grad;
    merge ? adapters_->apply() : adapters_->remove();
  }
  backbone_->save(aside.path() / "backbone");
  aside.commit();
}

std::unique_ptr<Adapted> Adapted::load(const std::filesystem::path& folder) {
  const auto path = (folder / "config.json").string();
  const auto json = io::read_json(folder / "config.json");
  if (!json.is_object() || !json.contains("settings"))
    base::data_error("{} has no 'settings': it is no adapted model of this program", path);
  AdaptedSettings settings;
  auto fields = config::fields_of(settings);
  config::read_json(fields, json.at("settings").dump(), path);
  check(settings);
  auto bins = std::shared_ptr<tokenizers::Tokenizer>(tokenizers::load_tokenizer(folder / "codecs" / settings.target));
  auto own_bins = std::dynamic_pointer_cast<tokenizers::ScalarBins>(bins);
  if (!own_bins) base::data_error("{}: codecs/{} holds no bins of a scalar", folder.string(), settings.target);
  const bool merged = json.contains("merged") && json.at("merged").is_boolean() && json.at("merged").get<bool>();
  auto backbone = load_model(folder / "backbone");
  const auto weights = folder / "model.safetensors";
  auto values = tokenizers::read_weights(weights);
  const nn::ValuesFollow follow(weights);
  auto model = std::make_unique<Adapted>(settings, std::move(backbone), merged);
  model->head_->take_bins(own_bins);
  for (const auto& [name, tensor] : model->parameters_.all())
    if (name.starts_with(kBackbone)) values[name] = tensor;
  const auto temperature = std::string("head.") + AdaptedHead::kTemperature;
  values.try_emplace(temperature, model->parameters_.all().at(temperature));
  model->parameters_.load(values, weights.string());
  return model;
}

}  // namespace asterism::models
