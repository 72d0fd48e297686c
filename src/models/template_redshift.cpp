#include "models/template_redshift.h"

#include <algorithm>
#include <cmath>

#include "base/atomic_file.h"
#include "base/error.h"
#include "io/json.h"
#include "models/all.h"
#include "models/lone_encoder.h"
#include "models/wrap.h"
#include "nn/device.h"
#include "nn/nothing_to_learn.h"
#include "nn/scope.h"
#include "tokenizers/weights_file.h"

namespace asterism::models {
namespace {

constexpr double kLightKms = 299792.458, kRightKms = 1000;
constexpr double kFirstSpreadKms = 300, kFirstStray = 0.01;
constexpr double kReachKms = 5000;  // of shift and spread together
constexpr size_t kMostKept = 65536;
constexpr double kMostExcess = 1e6;

std::shared_ptr<tokenizers::SpectrumTemplates> templates_in(const std::filesystem::path& folder) {
  const std::shared_ptr<tokenizers::Tokenizer> codec = tokenizers::load_tokenizer(folder);
  auto out = std::dynamic_pointer_cast<tokenizers::SpectrumTemplates>(codec);
  if (!out)
    base::user_error("template_redshift: {} holds a tokenizer of kind '{}'; one of kind 'spectrum_templates' is needed",
                     folder.string(), codec->kind());
  return out;
}

std::shared_ptr<tokenizers::ScalarBins> bins_with(const at::Tensor& edges) {
  const int64_t cells = edges.size(0) - 1;
  auto out = std::make_shared<tokenizers::ScalarBins>(
      tokenizers::ScalarBinsSettings{.bins = cells, .spacing = "linear", .fitted = true});
  out->parameters().load({{"edges", edges}, {"centres", 0.5 * (edges.narrow(0, 1, cells) + edges.narrow(0, 0, cells))}},
                         "template_redshift");
  return out;
}

}  // namespace

void TemplateRedshiftSettings::describe(config::Fields& f) {
  f.add("codec", codec, "folder of a trained tokenizer of kind spectrum_templates").required();
  f.add("modality", modality, "the spectra that it reads");
  f.add("target", target, "the scalar that holds true redshifts");
  f.add("learn_means", learn_means, "before training, the templates' means are moved by the spectra learned from");
}

TemplateRedshift::TemplateRedshift(const TemplateRedshiftSettings& settings)
    : TemplateRedshift(settings, templates_in(model_folder(settings.codec))) {}

TemplateRedshift::TemplateRedshift(TemplateRedshiftSettings settings,
                                   std::shared_ptr<tokenizers::SpectrumTemplates> codec)
    : settings_(std::move(settings)), codec_(std::move(codec)) {
  codec_->parameters().set_trainable([](const std::string&) { return false; });
  edges_ = codec_->redshift_edges();
  cell_kms_ = kLightKms * std::log((1 + edges_[1].item<double>()) / (1 + edges_[0].item<double>()));
  const auto none = at::zeros({0, codec_->num_tokens()}, at::kLong);
  width_ = codec_->vectors({none, at::zeros({0}, at::kBool)}).size(1);
  bins_ = bins_with(edges_);
  log_temperature_ = parameters_.add("log_temperature", at::zeros({1}));
  shift_ = parameters_.add("shift", at::zeros({1}));  // 1,000 km/s
  log_spread_ = parameters_.add("log_spread", at::full({1}, float(std::log(kFirstSpreadKms / 1000))));
  stray_ = parameters_.add("stray", at::full({1}, float(std::log(kFirstStray / (1 - kFirstStray)))));
}

const modalities::Block* TemplateRedshift::spectra_of(const modalities::Batch& batch) const {
  const auto found = batch.blocks.find(settings_.modality);
  return batch.size() == 0 || found == batch.blocks.end() ? nullptr : &found->second;
}

void TemplateRedshift::fit(const modalities::Batch& sample) {
  if (!settings_.learn_means) return;
  const auto* spectra = spectra_of(sample);
  const auto found = sample.blocks.find(settings_.target);
  if (spectra == nullptr || found == sample.blocks.end())
    base::user_error("template_redshift: the data lack '{}' or '{}', from which learn_means = true learns",
                     settings_.modality, settings_.target);
  const auto& labels = std::get<modalities::ScalarBlock>(found->second);
  std::vector<double> redshifts(labels.value.begin(), labels.value.end());
  for (size_t i = 0; i < redshifts.size(); ++i)
    if (labels.present[i] == 0) redshifts[i] = NAN;
  codec_->learn_means(*spectra, redshifts);
  kept_.clear();
}

std::vector<TemplateRedshift::Seen> TemplateRedshift::look(const modalities::Block& spectra) const {
  const auto scores = codec_->redshift_scores(spectra);
  std::vector<Seen> out(size_t(modalities::rows(spectra)));
  for (int64_t i = 0; i < scores.rows_M.size(0); ++i) {
    const double least = scores.score_MS[i].min().item<double>();
    if (!std::isfinite(least)) continue;
    auto& one = out[size_t(scores.rows_M[i].item<int64_t>())];
    one.score_S = (scores.score_MS[i] - least).clamp_max(1e8).to(at::kFloat);
    one.excess = float(std::min(scores.excess_M[i].item<double>(), kMostExcess));
    one.usable = true;
  }
  return out;
}

at::Tensor TemplateRedshift::probability_MS(const std::vector<const Seen*>& seen) const {
  std::vector<at::Tensor> rows;
  std::vector<float> excess;
  for (const auto* one : seen) {
    rows.push_back(one->score_S);
    excess.push_back(one->excess);
  }
  const auto device = parameters_.device();
  const auto score = nn::onto(device, at::stack(rows));
  const auto temperature = log_temperature_.exp() * nn::onto(device, at::tensor(excess, at::kFloat).unsqueeze(1));
  const auto found = at::softmax(score / (-2 * temperature), 1);
  // The share of a normal distribution in each cell about it.
  const auto reach = int64_t(std::ceil(kReachKms / cell_kms_));
  const double cell = cell_kms_ / 1000;
  const auto centre = (at::arange(-reach, reach + 1, found.options()) * cell - shift_) / log_spread_.exp();
  const auto half = 0.5 * cell / log_spread_.exp(), root = at::full({1}, std::sqrt(0.5), found.options());
  const auto share = 0.5 * (at::erf((centre + half) * root) - at::erf((centre - half) * root)) + 1e-7;
  const auto kernel = (share / share.sum()).flip(0);
  const auto spread = (at::constant_pad_nd(found, {reach, reach}).unfold(1, 2 * reach + 1, 1) * kernel).sum(2);
  const auto lost = at::sigmoid(stray_);
  return (1 - lost) * spread / spread.sum(1, true) + lost / double(found.size(1));
}

nn::Outcome TemplateRedshift::loss(const modalities::Batch& batch) {
  const auto* spectra = spectra_of(batch);
  const auto found = batch.blocks.find(settings_.target);
  if (spectra == nullptr || found == batch.blocks.end())
    nn::nothing_to_learn("no object of this batch has '{}' and '{}'", settings_.modality, settings_.target);
  const auto& labels = std::get<modalities::ScalarBlock>(found->second);
  std::vector<ObservationKey> keys;
  std::vector<int64_t> unseen;
  for (int64_t i = 0; i < batch.size(); ++i) {
    keys.push_back(observation_key(*spectra, i, batch.objects[size_t(i)].hash()));
    if (!kept_.contains(keys.back())) unseen.push_back(i);
  }
  decltype(kept_) now;
  if (!unseen.empty()) {
    const auto part = modalities::select(batch, unseen);
    auto fresh = look(*spectra_of(part));
    for (size_t i = 0; i < unseen.size(); ++i) now[keys[size_t(unseen[i])]] = std::move(fresh[i]);
  }
  const double low = edges_[0].item<double>(), high = edges_[-1].item<double>();
  std::vector<const Seen*> seen;
  std::vector<double> truth;
  for (int64_t i = 0; i < batch.size(); ++i) {
    const auto fresh = now.find(keys[size_t(i)]);
    const auto& one = fresh != now.end() ? fresh->second : kept_.at(keys[size_t(i)]);
    const double z = labels.value[size_t(i)];
    if (!one.usable || labels.present[size_t(i)] == 0 || !(z > low && z < high)) continue;
    seen.push_back(&one);
    truth.push_back(z);
  }
  if (seen.empty()) nn::nothing_to_learn("no object of this batch has a spectrum and a redshift that templates reach");
  const auto probability = probability_MS(seen);
  const auto z_M = at::tensor(truth, at::kDouble);
  const auto cell = at::searchsorted(edges_, z_M, false, true) - 1;
  const auto there = nn::onto(probability.device(), cell.unsqueeze(1));
  nn::Outcome out;
  out.loss = -probability.gather(1, there).clamp_min(1e-30).log().mean();
  out.weight = double(seen.size());
  const auto off = (probability.detach().argmax(1) - there.squeeze(1)).abs().to(at::kFloat) * cell_kms_;
  out.figures["right"] = off.le(kRightKms).to(at::kFloat).mean();
  if (kept_.size() + now.size() <= kMostKept) kept_.merge(now);
  return out;
}

Model::Embedded TemplateRedshift::embed(const modalities::Batch& batch, const EmbedRequest& request) const {
  check_request(request, modalities(), 0);
  const auto* spectra = spectra_of(batch);
  if (spectra == nullptr) return nothing_embedded(batch.size(), width());
  const auto tokens = codec_->encode(*spectra);
  auto vectors = codec_->vectors(tokens);
  return {request.normalise ? unit_rows(vectors) : vectors, tokens.present};
}

const tokenizers::Tokenizer& TemplateRedshift::codec(const std::string& modality) const {
  if (modality == settings_.target) return *bins_;
  if (modality == settings_.modality) return *codec_;
  base::user_error("the model has no tokenizer for '{}'; the nearest that it has is for '{}'", modality,
                   base::nearest(modality, {settings_.target, settings_.modality}));
}

Prediction TemplateRedshift::predict(const modalities::Batch& batch, const PredictRequest& request) const {
  at::NoGradGuard no_grad;
  if (request.targets != std::vector{settings_.target})
    base::user_error("this model predicts '{}' alone: ask for that", settings_.target);
  if (request.passes > 0) base::user_error("this model has one answer to what is given: leave out passes");
  EmbedRequest given;
  given.given = request.given;
  check_request(given, modalities(), 0);
  const int64_t cells = edges_.size(0) - 1;
  auto probability = at::full({batch.size(), cells}, 1.0 / double(cells), at::kDouble);
  Prediction out;
  out.present_N = at::zeros({batch.size()}, at::kBool);
  if (const auto* spectra = spectra_of(batch); spectra != nullptr && !request.unconditional) {
    const auto all = look(*spectra);
    std::vector<const Seen*> seen;
    std::vector<int64_t> rows;
    for (size_t i = 0; i < all.size(); ++i) {
      if (!all[i].usable) continue;
      seen.push_back(&all[i]);
      rows.push_back(int64_t(i));
    }
    if (!seen.empty()) {
      probability.index_copy_(0, copied(rows), probability_MS(seen).to(at::kCPU, at::kDouble));
      out.present_N.index_fill_(0, copied(rows), 1);
    }
  }
  out.scalars.emplace(settings_.target, ScalarPosterior(probability / probability.sum(1, true), edges_));
  return out;
}

void TemplateRedshift::save(const std::filesystem::path& folder) const {
  base::AtomicFolder aside(folder, base::Replace::yes);
  auto settings = settings_;
  settings.codec = "codecs/" + settings_.modality;
  const auto json = nlohmann::json::parse(config::to_json(config::fields_of(settings)));
  io::write_json(aside.path() / "config.json", {{"kind", kind()}, {"settings", json}});
  tokenizers::write_weights(aside.path() / "model.safetensors", parameters_.all(), {{"format", "pt"}});
  std::filesystem::create_directory(aside.path() / "codecs");
  codec_->save(aside.path() / "codecs" / settings_.modality);
  aside.commit();
}

std::unique_ptr<TemplateRedshift> TemplateRedshift::load(const std::filesystem::path& folder) {
  TemplateRedshiftSettings settings;
  auto fields = config::fields_of(settings);
  read_lone_settings(folder, "template_redshift", fields);
  const nn::ValuesFollow follow(folder / "model.safetensors");
  auto model = std::make_unique<TemplateRedshift>(settings, templates_in(folder / "codecs" / settings.modality));
  read_lone_weights(folder, model->parameters_);
  return model;
}

}  // namespace asterism::models
