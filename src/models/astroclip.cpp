#include "models/astroclip.h"

#include <algorithm>
#include <optional>

#include "base/atomic_file.h"
#include "base/error.h"
#include "io/json.h"
#include "models/backbone.h"
#include "models/clip_loss.h"
#include "models/huggingface_dinov2.h"
#include "models/lone_encoder.h"
#include "models/published_weights.h"
#include "models/vision_patches.h"
#include "nn/device.h"
#include "nn/nothing_to_learn.h"
#include "nn/scope.h"
#include "tokenizers/weights_file.h"

namespace asterism::models {
namespace {

constexpr int64_t kObjectsAtOnce = 16;            // as many as keep a wide encoder's work in a few hundred megabytes
constexpr int64_t kObjectsAtOnceElsewhere = 512;  // a GPU wants many, and has the memory

PoolingHeadSettings head_of(const AstroClipSettings& s, int64_t context, bool residual) {
  PoolingHeadSettings out;
  out.width = s.embedding;
  out.context_width = context;
  out.heads = s.head_heads;
  out.hidden = s.head_hidden;
  out.residual = residual;
  out.dropout = s.head_dropout;
  return out;
}

// Rows of x through work(rows, number of the piece) a few at a time; the results one after the other.
template <class Work>
at::Tensor in_pieces(const at::Tensor& x, int64_t width, const Work& work) {
  if (x.size(0) == 0) return at::zeros({0, width}, x.options());
  const int64_t most = x.is_cpu() ? kObjectsAtOnce : kObjectsAtOnceElsewhere;
  std::vector<at::Tensor> out;
  for (int64_t i = 0; i < x.size(0); i += most)
    out.push_back(work(x.narrow(0, i, std::min(most, x.size(0) - i)), i / most));
  return out.size() == 1 ? out[0] : at::cat(out);
}

// Of padding what belongs to this piece.
at::Tensor part_of(const at::Tensor& padding, const at::Tensor& piece, int64_t number) {
  if (!padding.defined()) return {};
  return padding.narrow(0, number * (piece.is_cpu() ? kObjectsAtOnce : kObjectsAtOnceElsewhere), piece.size(0));
}

at::Tensor unit(const at::Tensor& x) { return x / at::linalg_vector_norm(x, 2, {-1}, true).clamp_min(1e-12); }

// Where anything is seen of it: masked all over, it is missing as it is for other models.
at::Tensor presence(const modalities::Batch& batch, const std::string& modality) {
  const auto found = batch.blocks.find(modality);
  if (found == batch.blocks.end()) return at::zeros({batch.size()}, at::kBool);
  const auto flags = observed_rows(found->second);
  return at::tensor(at::ArrayRef<uint8_t>(flags)).to(at::kBool);
}

// The rows that are there; not copied where all are.
class PresentRows {
 public:
  PresentRows(const modalities::Batch& batch, const std::string& modality, const at::Tensor& rows)
      : all_(batch.blocks.at(modality)) {
    if (rows.numel() == modalities::rows(all_)) return;
    const std::vector<int64_t> index(rows.const_data_ptr<int64_t>(), rows.const_data_ptr<int64_t>() + rows.numel());
    some_ = modalities::select(all_, index);
  }
  const modalities::Block& operator*() const { return some_ ? *some_ : all_; }

 private:
  const modalities::Block& all_;
  std::optional<modalities::Block> some_;
};

}  // namespace

AstroClip::AstroClip(AstroClipSettings settings) : AstroClip(std::move(settings), false) {}

std::unique_ptr<AstroClip> AstroClip::blank(AstroClipSettings settings) {
  return std::unique_ptr<AstroClip>(new AstroClip(std::move(settings), true));
}

AstroClip::AstroClip(AstroClipSettings settings, bool blank) : settings_(std::move(settings)) {
  const auto& s = settings_;
  check(s);
  const nn::Scope drawn(parameters_, uint64_t(s.seed));
  const auto scope = blank ? drawn.blank() : drawn;
  if (s.has("image")) {
    image_ = VisionTransformer(scope / "image_encoder" / "backbone", s.image);
    if (s.embedding > 0)
      image_head_ = PoolingHead(scope / "image_encoder", head_of(s, s.image.width, s.image_head_residual));
  }
  if (s.has("spectrum")) {
    spectrum_ = SpecFormer(scope / "spectrum_encoder" / "backbone", s.spectrum);
    if (s.embedding > 0) spectrum_head_ = PoolingHead(scope / "spectrum_encoder", head_of(s, s.spectrum.width, true));
  }
}

std::vector<std::string> AstroClip::modalities() const {
  std::vector<std::string> out;
  if (settings_.has("image")) out.push_back(settings_.image_input.modality);
  if (settings_.has("spectrum")) out.push_back(settings_.spectrum_input.modality);
  return out;
}

int64_t AstroClip::width() const {
  if (settings_.embedding > 0) return settings_.embedding;
  return settings_.has("image") ? settings_.image.width : settings_.spectrum.width;
}

const VisionTransformer& AstroClip::image_encoder() const {
  if (!settings_.has("image")) base::user_error("this model has no image encoder");
  return image_;
}

const SpecFormer& AstroClip::spectrum_encoder() const {
  if (!settings_.has("spectrum")) base::user_error("this model has no spectrum encoder");
  return spectrum_;
}

const PoolingHead& AstroClip::image_head() const {
  if (!settings_.has("image") || settings_.embedding == 0) base::user_error("this model has no image head");
  return image_head_;
}

const PoolingHead& AstroClip::spectrum_head() const {
  if (!settings_.has("spectrum") || settings_.embedding == 0) base::user_error("this model has no spectrum head");
  return spectrum_head_;
}

at::Tensor AstroClip::image_tokens(const at::Tensor& images, const nn::DropKey& drop) const {
  if (!settings_.image_positions) return image_encoder().bag_of_patches(images);
  const auto features = image_encoder()(images, {}, drop);
  return at::cat({features.cls_BD.unsqueeze(1), features.patches_BPD}, 1);
}

at::Tensor AstroClip::image_vectors(const at::Tensor& images, const nn::DropKey& drop) const {
  return in_pieces(images, width(), [&](const at::Tensor& piece, int64_t number) {
    const auto own = drop / uint64_t(number);
    if (settings_.embedding == 0) return image_encoder()(piece, {}, own).cls_BD;
    return image_head_(image_tokens(piece, own / 0), {}, own / 1).embedding_BE;
  });
}

at::Tensor AstroClip::spectrum_vectors(const at::Tensor& flux, const at::Tensor& padding,
                                       const nn::DropKey& drop) const {
  return in_pieces(flux, width(), [&](const at::Tensor& piece, int64_t number) {
    const auto own = drop / uint64_t(number);
    const auto encoded = spectrum_encoder().encode(piece, part_of(padding, piece, number), -1, own / 0);
    if (settings_.embedding == 0) return encoded.mean_BD();
    return spectrum_head_(encoded.tokens_BTD, encoded.usable_BT, own / 1).embedding_BE;
  });
}

at::Tensor AstroClip::image_part(const modalities::Batch& batch, const EmbedRequest& request) const {
  const auto rows = presence(batch, settings_.image_input.modality).nonzero().squeeze(1).contiguous();
  auto out = at::zeros({batch.size(), width()});
  if (rows.numel() == 0) return out;
  const auto images = prepare_images(*PresentRows(batch, settings_.image_input.modality, rows), settings_.image_input,
                                     settings_.image.patch, request.any_instrument, parameters_.device());
  const auto vectors =
      request.layer < 0 ? image_vectors(images) : in_pieces(images, width(), [&](const at::Tensor& piece, int64_t) {
        const auto tokens = image_.layers(piece, {request.layer}, false)[0];
        const int64_t before = 1 + settings_.image.registers;
        return tokens.narrow(1, before, tokens.size(1) - before).mean(1);
      });
  return out.index_copy_(0, rows, vectors.to(at::kFloat).to(at::kCPU));
}

at::Tensor AstroClip::spectrum_part(const modalities::Batch& batch, const EmbedRequest& request) const {
  const auto rows = presence(batch, settings_.spectrum_input.modality).nonzero().squeeze(1).contiguous();
  auto out = at::zeros({batch.size(), width()});
  if (rows.numel() == 0) return out;
  const PresentRows spectra(batch, settings_.spectrum_input.modality, rows);
  const auto device = parameters_.device();
  const auto flux = nn::onto(device, prepare_spectra(*spectra, settings_.spectrum_input, request.any_instrument));
  const auto padding = padding_of(std::get<modalities::SpectrumBlock>(*spectra), settings_.spectrum_input, device);
  const auto vectors = request.layer < 0
                           ? spectrum_vectors(flux, padding)
                           : in_pieces(flux, width(), [&](const at::Tensor& piece, int64_t number) {
                               return spectrum_.encode(piece, part_of(padding, piece, number), request.layer).mean_BD();
                             });
  return out.index_copy_(0, rows, vectors.to(at::kFloat).to(at::kCPU));
}

void AstroClip::check_given(const EmbedRequest& request) const {
  if (request.rings > 0) base::user_error("this model gives one vector an image: leave out the rings");
  const auto known = modalities();
  for (const auto& name : request.given)
    if (std::find(known.begin(), known.end(), name) == known.end())
      base::user_error("this model cannot read '{}'; the nearest that it can is '{}'", name,
                       base::nearest(name, known));
}

std::map<std::string, int64_t> AstroClip::pools() const {
  const bool bag = settings_.embedding > 0 && !settings_.image_positions;  // released so: no CLS goes through it
  if (!settings_.has("image") || bag) return {};
  return {{"cls", settings_.image.width}};
}

Model::Embedded AstroClip::pooled(const modalities::Batch& batch, const EmbedRequest& request,
                                  const std::string& pool) const {
  if (!pools().contains(pool)) return Model::pooled(batch, request, pool);
  at::NoGradGuard no_grad;
  check_given(request);
  const auto& modality = settings_.image_input.modality;
  if (!request.given.empty() && std::find(request.given.begin(), request.given.end(), modality) == request.given.end())
    base::user_error("'cls' is a vector of '{}', which is not given: give it", modality);
  auto out = nothing_embedded(batch.size(), settings_.image.width);
  const auto present_N = presence(batch, modality);
  const auto rows = present_N.nonzero().squeeze(1).contiguous();
  if (rows.numel() == 0) return out;
  const auto images = prepare_images(*PresentRows(batch, modality, rows), settings_.image_input, settings_.image.patch,
                                     request.any_instrument, parameters_.device());
  const auto cls = in_pieces(images, settings_.image.width, [&](const at::Tensor& piece, int64_t) {
    if (request.layer < 0) return image_(piece).cls_BD;
    return image_.layers(piece, {request.layer}, false)[0].select(1, 0);
  });
  out.vectors_ND.index_copy_(0, rows, cls.to(at::kFloat).to(at::kCPU));
  out.present_N = present_N;
  if (request.normalise) out.vectors_ND = unit(out.vectors_ND);
  return out;
}

Model::Embedded AstroClip::embed(const modalities::Batch& batch, const EmbedRequest& request) const {
  at::NoGradGuard no_grad;
  if (request.layer >= 0 && settings_.embedding > 0)
    base::user_error("this model gives the vectors of its common space: leave out the layer");
  check_given(request);
  const auto reads = [&](const char* encoder, const std::string& modality) {
    return settings_.has(encoder) && batch.blocks.contains(modality) &&
           (request.given.empty() ||
            std::find(request.given.begin(), request.given.end(), modality) != request.given.end());
  };
  const bool image = reads("image", settings_.image_input.modality),
             spectrum = reads("spectrum", settings_.spectrum_input.modality);
  Embedded out{at::zeros({batch.size(), width()}), at::zeros({batch.size()}, at::kBool)};
  if (image) out.present_N = out.present_N.logical_or(presence(batch, settings_.image_input.modality));
  if (spectrum) out.present_N = out.present_N.logical_or(presence(batch, settings_.spectrum_input.modality));
  if (image && spectrum) {
    const auto sum = unit(image_part(batch, request)) + unit(spectrum_part(batch, request));
    const auto parts = presence(batch, settings_.image_input.modality).to(at::kFloat) +
                       presence(batch, settings_.spectrum_input.modality).to(at::kFloat);
    out.vectors_ND = sum / parts.clamp_min(1).unsqueeze(1);
  } else if (image || spectrum) {
    out.vectors_ND = image ? image_part(batch, request) : spectrum_part(batch, request);
  }
  if (request.normalise) out.vectors_ND = unit(out.vectors_ND);
  return out;
}

std::unique_ptr<PatchEncoder> AstroClip::patch_encoder(const std::string& modality) const {
  if (!settings_.has("image") || modality != settings_.image_input.modality) return nullptr;
  const bool bag = settings_.embedding > 0 && !settings_.image_positions;
  return std::make_unique<VisionPatches>(image_, settings_.image_input, bag, bag ? &image_head_ : nullptr,
                                         parameters_.device());
}

nn::Outcome AstroClip::loss(const modalities::Batch& batch, const DrawKey& key) {
  image_head(), spectrum_head();
  const auto both =
      presence(batch, settings_.image_input.modality).logical_and(presence(batch, settings_.spectrum_input.modality));
  const auto rows = both.nonzero().squeeze(1).contiguous();
  if (rows.numel() < 2)
    nn::nothing_to_learn("{} objects of this batch of {} have both '{}' and '{}': give at least two", rows.numel(),
                         batch.size(), settings_.image_input.modality, settings_.spectrum_input.modality);
  uint64_t mixed = uint64_t(key.epoch);
  for (const auto& object : batch.objects) mixed = mixed * 0x9e3779b97f4a7c15ULL + object.hash();
  const auto drop = key.training ? nn::DropKey(key.seed, mixed) : nn::DropKey();
  const auto device = parameters_.device();
  const auto images = prepare_images(*PresentRows(batch, settings_.image_input.modality, rows), settings_.image_input,
                                     settings_.image.patch, false, device);
  const PresentRows spectra(batch, settings_.spectrum_input.modality, rows);
  const auto flux = nn::onto(device, prepare_spectra(*spectra, settings_.spectrum_input, false));
  const auto padding = padding_of(std::get<modalities::SpectrumBlock>(*spectra), settings_.spectrum_input, device);
  const auto logits =
      clip_logits(image_vectors(images, drop / 0), spectrum_vectors(flux, padding, drop / 1), settings_.logit_scale);
  nn::Outcome out;
  out.loss = clip_loss(logits);
  out.figures["accuracy"] = logits.detach()
                                .argmax(1)
                                .eq(at::arange(rows.numel(), at::TensorOptions().dtype(at::kLong).device(device)))
                                .to(at::kFloat)
                                .mean();
  out.weight = double(rows.numel());
  return out;
}

void AstroClip::forget(uint64_t seed) {
  auto settings = settings_;
  settings.seed = int64_t(seed);
  take_first_weights(parameters_, AstroClip(settings).parameters_);
}

void AstroClip::save(const std::filesystem::path& folder) const {
  base::AtomicFolder aside(folder, base::Replace::yes);
  auto settings = settings_;
  io::write_json(aside.path() / "config.json",
                 {{"kind", kind()}, {"settings", nlohmann::json::parse(config::to_json(config::fields_of(settings)))}});
  tokenizers::write_weights(aside.path() / "model.safetensors", as_published(parameters_.all()), {{"format", "pt"}});
  aside.commit();
}

std::unique_ptr<AstroClip> AstroClip::load(const std::filesystem::path& folder) {
  const auto config_path = folder / "config.json";
  auto json = std::filesystem::exists(config_path) ? io::read_json(config_path) : nlohmann::json::object();
  const auto weights_path = weights_file_in(folder);
  auto values = tokenizers::read_weights(weights_path);
  if (is_huggingface_dinov2(values)) {
    values = from_huggingface(values, weights_path.string());
    json = published_form(json, folder);
  } else if (is_huggingface_dinov2(json)) {
    base::data_error("{}: config.json says DINOv2 of the Hugging Face Hub, and there is no '{}' among the weights",
                     weights_path.string(), "embeddings.patch_embeddings.projection.weight");
  }
  const auto weights = canonical_weights(values, weights_path.string());
  AstroClipSettings settings;
  if (json.is_object() && json.contains("kind")) {
    if (!json.contains("settings"))
      base::data_error("{} has no 'settings': it is no astroclip model of this program", config_path.string());
    auto fields = config::fields_of(settings);
    config::read_json(fields, json.at("settings").dump(), config_path.string());
  } else {
    settings = settings_of(weights, json, folder.string());
  }
  const nn::ValuesFollow follow(weights_path);
  auto model = blank(std::move(settings));
  model->parameters().load(weights, weights_path.string());
  return model;
}

}  // namespace asterism::models
