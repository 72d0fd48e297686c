#include "models/backbone.h"

#include <algorithm>

#include "base/crc32c.h"
#include "base/error.h"
#include "base/sha256.h"
#include "models/astroclip.h"
#include "models/crop_patches.h"
#include "models/dino.h"
#include "models/masked_image.h"
#include "models/masked_spectrum.h"
#include "models/vision_patches.h"
#include "models/wrap.h"
#include "nn/device.h"

namespace asterism::models {
namespace {

template <class Settings>
nlohmann::json json_of(Settings settings) {
  return nlohmann::json::parse(config::to_json(config::fields_of(settings)));
}

template <class Settings>
Settings settings_from(const nlohmann::json& json, const std::string& source) {
  Settings settings;
  auto fields = config::fields_of(settings);
  config::read_json(fields, json.dump(), source);
  return settings;
}

// "blocks.7.attn" under `prefix` -> 7; nothing where the name is no block's.
std::optional<int64_t> number_after(const std::string& name, const std::string& prefix) {
  if (!name.starts_with(prefix)) return {};
  const auto end = name.find('.', prefix.size());
  if (end == std::string::npos || end == prefix.size()) return {};
  return std::stoll(name.substr(prefix.size(), end - prefix.size()));
}

// Rows of objects of different lengths -> [M, T, C], with zeros and a mask where one is shorter.
Backbone::Tokens padded(const at::Tensor& rows_RC, const nn::Ranges& objects) {
  const int64_t n = objects.groups(), longest = std::max<int64_t>(1, objects.longest());
  std::vector<int64_t> place;
  bool even = true;
  for (int64_t i = 0; i < n; ++i) {
    even = even && objects.length(i) == longest;
    for (int64_t t = 0; t < objects.length(i); ++t) place.push_back(i * longest + t);
  }
  if (even && n > 0) return {rows_RC.view({n, longest, -1}), {}};
  const auto index = nn::onto(rows_RC.device(), place);
  const auto options = rows_RC.options().requires_grad(false);
  const auto empty = at::zeros({n * longest, rows_RC.size(1)}, options);
  const auto usable = at::zeros({n * longest}, options.dtype(at::kBool)).index_fill(0, index, true);
  return {empty.index_copy(0, index, rows_RC).view({n, longest, -1}), usable.view({n, longest})};
}

// One encoder of an AstroCLIP model, without its head.
class AstroClipBackbone : public Backbone {
 public:
  explicit AstroClipBackbone(std::unique_ptr<AstroClip> lone) : model_(std::move(lone)) {}

  // Takes the weights over, without a copy, from a model that has the encoder.
  static std::unique_ptr<AstroClipBackbone> out_of(AstroClip& whole, const std::string& encoder) {
    auto settings = whole.settings();
    if (settings.embedding == 0) settings.image_positions = true;  // as a lone encoder's own forward pass has it
    settings.encoders = {encoder};
    settings.embedding = 0;
    auto lone = AstroClip::blank(settings);
    const auto all = whole.parameters().all();
    std::map<std::string, at::Tensor> own;
    for (const auto& [name, tensor] : lone->parameters().all()) own[name] = all.at(name);
    lone->parameters().load(own, "the model");
    return std::make_unique<AstroClipBackbone>(std::move(lone));
  }

  std::string modality() const override { return model_->modalities().front(); }
  int64_t width() const override { return model_->width(); }
  int64_t blocks() const override {
    return is_image() ? model_->settings().image.depth : model_->settings().spectrum.layers;
  }
  bool checks_instrument() const override { return true; }
  std::unique_ptr<PatchEncoder> patch_encoder() const override {
    if (!is_image()) return nullptr;
    const auto& s = model_->settings();
    return std::make_unique<VisionPatches>(model_->image_encoder(), s.image_input, !s.image_positions, nullptr,
                                           model_->device());
  }

  Tokens tokens(const modalities::Block& block, bool any_instrument, const nn::DropKey& drop) const override {
    const auto& s = model_->settings();
    const auto device = model_->parameters().device();
    if (is_image())
      return {model_->image_tokens(prepare_images(block, s.image_input, s.image.patch, any_instrument, device), drop),
              {}};
    const auto& encoder = model_->spectrum_encoder();
    const auto flux = nn::onto(device, prepare_spectra(block, s.spectrum_input, any_instrument));
    const auto encoded = encoder.encode(
        flux, padding_of(std::get<modalities::SpectrumBlock>(block), s.spectrum_input, device), -1, drop);
    return {encoded.tokens_BTD, encoded.usable_BT};
  }

  std::optional<int64_t> block_of(const std::string& parameter) const override {
    const std::string place = is_image() ? "image_encoder.backbone." : "spectrum_encoder.backbone.";
    if (const auto number = number_after(parameter, place + "blocks.")) return number;
    const auto name = parameter.substr(place.size());
    if (name == "mask_token" || name.starts_with("head.")) return {};
    if (!model_->settings().image_positions &&
        (name == "cls_token" || name == "pos_embed" || name == "register_tokens"))
      return {};  // a bag of patches knows neither
    return name.starts_with("norm.") || name.starts_with("final_layernorm.") ? blocks() : -1;
  }

  nn::Parameters& parameters() override { return model_->parameters(); }
  nlohmann::json config() const override { return {{"kind", "astroclip"}, {"settings", json_of(model_->settings())}}; }

 private:
  bool is_image() const { return model_->settings().has("image"); }
  std::unique_ptr<AstroClip> model_;
};

// An encoder of ours that learned by rebuilding what was hidden: its decoder has no part in the tokens.
template <class Model>
class MaskedBackbone : public Backbone {
 public:
  explicit MaskedBackbone(std::unique_ptr<Model> model) : model_(std::move(model)) {}
  std::string modality() const override { return model_->settings().modality; }
  int64_t width() const override { return model_->settings().width; }
  int64_t blocks() const override { return model_->settings().layers; }
  std::unique_ptr<PatchEncoder> patch_encoder() const override { return model_->patch_encoder(modality()); }

  Tokens tokens(const modalities::Block& block, bool, const nn::DropKey& drop) const override {
    const auto encoded = model_->tokens(block, drop);
    return padded(encoded.rows_RD, encoded.objects);
  }

  std::optional<int64_t> block_of(const std::string& parameter) const override {
    for (const char* place : {"encoder.", "backbone.blocks."})  // the second: of the network that dino trains
      if (const auto number = number_after(parameter, place)) return number;
    if (parameter.starts_with("norm.") || parameter.starts_with("backbone.norm.")) return blocks();
    if (parameter == "backbone.mask_token") return {};
    if (parameter.starts_with("input.") || parameter.starts_with("backbone.")) return -1;
    return {};
  }

  nn::Parameters& parameters() override { return model_->parameters(); }
  nlohmann::json config() const override {
    return {{"kind", model_->kind()}, {"settings", json_of(model_->settings())}};
  }

 private:
  std::unique_ptr<Model> model_;
};

using SpectrumBackbone = MaskedBackbone<MaskedSpectrum>;
using ImageBackbone = MaskedBackbone<MaskedImage>;

// The encoder of a DINO model that gives its vectors: tokens are CLS and the patches.
class DinoBackbone : public Backbone {
 public:
  DinoBackbone(DinoSettings settings, std::string modality)
      : settings_(std::move(settings)),
        modality_(std::move(modality)),
        encoder_(nn::Scope(parameters_, uint64_t(settings_.seed), "backbone"), settings_.encoder) {}

  static std::unique_ptr<DinoBackbone> out_of(const Dino& whole, const std::string& modality) {
    auto lone = std::make_unique<DinoBackbone>(whole.settings(), modality);
    std::map<std::string, at::Tensor> own;
    for (const auto& [name, tensor] : whole.encoder_weights(whole.settings().weights)) own["backbone." + name] = tensor;
    lone->parameters_.load(own, "the model");
    return lone;
  }

  std::string modality() const override { return modality_; }
  int64_t width() const override { return settings_.encoder.width; }
  int64_t blocks() const override { return settings_.encoder.layers; }
  bool checks_instrument() const override { return settings_.encoder.input == "picture"; }
  std::unique_ptr<PatchEncoder> patch_encoder() const override { return std::make_unique<CropPatches>(encoder_); }

  Tokens tokens(const modalities::Block& block, bool any_instrument, const nn::DropKey& drop) const override {
    const auto encoded = encoder_({encoder_.look(block, any_instrument)}, drop);
    std::vector<int64_t> rows;
    nn::Ranges objects;
    for (size_t i = 0; i < encoded.cls_row.size(); ++i) {
      const auto before = int64_t(rows.size());
      if (encoded.cls_row[i] >= 0) rows.push_back(encoded.cls_row[i]);
      for (const int64_t row : encoded.patch_rows_of(int64_t(i))) rows.push_back(row);
      objects.add(int64_t(rows.size()) - before);
    }
    return padded(encoded.rows_RD.index_select(0, nn::onto(encoded.rows_RD.device(), rows)), objects);
  }

  std::optional<int64_t> block_of(const std::string& parameter) const override {
    const int64_t block = encoder_.block_of(parameter.substr(std::string("backbone.").size()));
    if (block < -1) return {};
    return block;
  }

  nn::Parameters& parameters() override { return parameters_; }
  nlohmann::json config() const override {
    return {{"kind", "dino"}, {"modality", modality_}, {"settings", json_of(settings_)}};
  }

 private:
  DinoSettings settings_;
  std::string modality_;
  nn::Parameters parameters_;
  CropEncoder encoder_;
};

template <class M>
std::unique_ptr<M> taken(std::unique_ptr<Model>& model) {
  auto* found = dynamic_cast<M*>(model.get());
  if (found == nullptr) return nullptr;
  model.release();
  return std::unique_ptr<M>(found);
}

}  // namespace

std::unique_ptr<Backbone> open_backbone(const std::filesystem::path& folder, const std::string& modality) {
  auto model = load_model(folder);
  const auto kind = model->kind();
  const auto reads = model->modalities();
  if (std::find(reads.begin(), reads.end(), modality) == reads.end())
    base::user_error("{}: this model reads {}, not '{}': give the tower one of these", folder.string(),
                     base::quoted_list(reads), modality);
  if (auto* whole = dynamic_cast<AstroClip*>(model.get())) {
    const bool image = whole->settings().has("image") && whole->settings().image_input.modality == modality;
    return AstroClipBackbone::out_of(*whole, image ? "image" : "spectrum");
  }
  if (auto spectra = taken<MaskedSpectrum>(model)) return std::make_unique<SpectrumBackbone>(std::move(spectra));
  if (auto images = taken<MaskedImage>(model)) return std::make_unique<ImageBackbone>(std::move(images));
  if (const auto* views = dynamic_cast<const Dino*>(model.get())) return DinoBackbone::out_of(*views, modality);
  base::user_error(
      "{}: a model of kind {} is no backbone; take one of astroclip (or a published DINOv2, AstroDINO, SpecFormer), "
      "dino, masked_image, masked_spectrum",
      folder.string(), kind);
}

std::unique_ptr<Backbone> backbone_of(const nlohmann::json& config, const std::string& source) {
  if (!config.is_object() || !config.contains("kind") || !config.at("kind").is_string() || !config.contains("settings"))
    base::data_error("{}: a backbone without 'kind' and 'settings'", source);
  const auto kind = config.at("kind").get<std::string>();
  const auto& settings = config.at("settings");
  if (kind == "astroclip") {
    auto lone = settings_from<AstroClipSettings>(settings, source);
    if (lone.encoders.size() != 1 || lone.embedding != 0)
      base::data_error("{}: a backbone is one encoder without a head, and this names {}", source,
                       base::quoted_list(lone.encoders));
    return std::make_unique<AstroClipBackbone>(AstroClip::blank(std::move(lone)));
  }
  if (kind == "masked_spectrum")
    return std::make_unique<SpectrumBackbone>(
        std::make_unique<MaskedSpectrum>(settings_from<MaskedSpectrumSettings>(settings, source)));
  if (kind == "masked_image")
    return std::make_unique<ImageBackbone>(
        std::make_unique<MaskedImage>(settings_from<MaskedImageSettings>(settings, source)));
  if (kind == "dino") {
    auto dino = settings_from<DinoSettings>(settings, source);
    const auto modality = config.value("modality", std::string());
    if (std::find(dino.modalities.begin(), dino.modalities.end(), modality) == dino.modalities.end())
      base::data_error("{}: a backbone of kind dino for '{}', which it does not read", source, modality);
    return std::make_unique<DinoBackbone>(std::move(dino), modality);
  }
  base::data_error("{}: the unknown backbone '{}'; the nearest is '{}'", source, kind,
                   base::nearest(kind, {"astroclip", "dino", "masked_image", "masked_spectrum"}));
}

std::string fingerprint(Backbone& backbone) {
  base::Sha256 hash;
  hash.update(backbone.config().dump());
  for (const auto& [name, tensor] : backbone.parameters().all()) {
    if (!backbone.block_of(name)) continue;
    const auto values = tensor.detach().to(at::kCPU).contiguous();
    hash.update(
        fmt::format("\n{} {} {:08x}", name, values.nbytes(), base::crc32c(values.const_data_ptr(), values.nbytes())));
  }
  return hash.hex();
}

std::vector<uint8_t> observed_rows(const modalities::Block& block) {
  const auto& present = modalities::present(block);
  std::vector<uint8_t> out(present.begin(), present.end());
  const auto seen = [&](const auto& b) {
    const size_t each = out.empty() ? 0 : b.mask.size() / out.size();
    for (size_t i = 0; i < out.size(); ++i) {
      bool any = false;
      for (size_t k = i * each; k < (i + 1) * each && !any; ++k) any = b.mask[k] == 0 && b.ivar[k] > 0;
      out[i] = uint8_t(out[i] != 0 && any);
    }
  };
  if (const auto* image = std::get_if<modalities::ImageBlock>(&block)) seen(*image);
  if (const auto* spectrum = std::get_if<modalities::SpectrumBlock>(&block)) seen(*spectrum);
  return out;
}

}  // namespace asterism::models
