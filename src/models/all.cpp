#include "models/all.h"

#include <algorithm>

#include "base/error.h"
#include "io/json.h"
#include "models/adapted.h"
#include "models/aion.h"
#include "models/any_to_any.h"
#include "models/astroclip.h"
#include "models/contrastive.h"
#include "models/dino.h"
#include "models/masked_image.h"
#include "models/masked_spectrum.h"
#include "models/patch_encoder.h"
#include "models/published_weights.h"
#include "models/template_redshift.h"

namespace asterism::models {
namespace {

template <class M>
std::unique_ptr<Model> load_as(const std::filesystem::path& folder) {
  return M::load(folder);
}

}  // namespace

const std::vector<ModelEntry>& all_models() {
  static const std::vector<ModelEntry> entries{
      {"adapted", &load_as<Adapted>,
       "another model with a head for one labelled scalar, its weights frozen or adapted"},
      {"aion", &load_as<Aion>, "published AION-1 weights: tokens of 40 modalities, each predicted from any others"},
      {"any_to_any", &load_as<AnyToAny>, "predicts any modality from any others (masked encoder-decoder)"},
      {"astroclip", &load_as<AstroClip>,
       "AstroCLIP: images and spectra in one space; or DINOv2, AstroDINO or SpecFormer alone"},
      {"contrastive", &load_as<Contrastive>, "one space for several modalities (InfoNCE or SigLIP)"},
      {"dino", &load_as<Dino>, "a vision transformer that learns from views of images without labels (DINOv2)"},
      {"masked_image", &load_as<MaskedImage>,
       "a vision transformer that learns by rebuilding hidden patches of images"},
      {"masked_spectrum", &load_as<MaskedSpectrum>,
       "a spectrum transformer that learns by rebuilding hidden stretches"},
      {"template_redshift", &load_as<TemplateRedshift>,
       "the redshift of a spectrum, with how sure it is, from templates at rest"},
  };
  return entries;
}

void Model::check_pool(const std::string& pool) const {
  std::vector<std::string> offered{"mean"};
  for (const auto& [name, width] : pools()) offered.push_back(name);
  if (std::find(offered.begin(), offered.end(), pool) == offered.end())
    base::user_error("this model of kind '{}' has no '{}' vectors; it offers {}", kind(), pool,
                     base::quoted_list(offered));
}

Model::Embedded Model::pooled(const modalities::Batch&, const EmbedRequest&, const std::string& pool) const {
  check_pool(pool);
  base::user_error("'{}' is not one vector an object: ask for embed or token_rows", pool);
}

Model::TokenRows Model::token_rows(const modalities::Batch&, const EmbedRequest&) const {
  base::user_error(
      "a model of kind '{}' gives one vector an object and no tokens: use it with adapt = \"linear\" or \"mlp\"",
      kind());
}

std::unique_ptr<PatchEncoder> Model::patch_encoder(const std::string&) const { return nullptr; }

void Model::forget(uint64_t) {
  base::user_error("a model of kind '{}' cannot be trained from scratch here: leave out model.label_counts", kind());
}

namespace {

std::unique_ptr<Model> load_here(const std::filesystem::path& folder) {
  const auto path = folder / "config.json";
  // weights alone: those of DINOv2 and its kin say by themselves what they are
  if (!std::filesystem::exists(path) && std::filesystem::exists(folder / "model.safetensors"))
    return AstroClip::load(folder);
  if (!std::filesystem::exists(path)) base::user_error("{} is no model folder: it has no config.json", folder.string());
  const auto json = io::read_json(path);
  if (is_published_config(json)) return AstroClip::load(folder);
  if (is_aion_config(json)) return Aion::load(folder);
  if (json.is_object() && !json.contains("kind") && json.contains("model_type"))
    base::data_error(
        "{} is of a model of transformers of type {}; of those 'dinov2' and 'dinov2_with_registers' are read",
        path.string(), json.at("model_type").dump());
  if (!json.is_object() || !json.contains("kind") || !json.at("kind").is_string())
    base::data_error("{} has no text 'kind': it is no model of this program", path.string());
  const auto kind = json.at("kind").get<std::string>();
  std::vector<std::string> kinds;
  for (const auto& entry : all_models()) {
    if (entry.kind == kind) return entry.load(folder);
    kinds.push_back(entry.kind);
  }
  base::data_error("{} names the unknown model kind '{}'; the nearest is '{}'", path.string(), kind,
                   base::nearest(kind, kinds));
}

}  // namespace

std::filesystem::path model_folder(const std::filesystem::path& given) {
  for (const char* file : {"config.json", "model.safetensors"})
    if (std::filesystem::exists(given / file)) return given;
  if (std::filesystem::exists(given / "model" / "config.json")) return given / "model";
  if (std::filesystem::exists(given / "checkpoints") && std::filesystem::exists(given / "recipe.toml"))
    base::user_error(
        "{} is a run that has not ended and has no model yet: go on with 'asterism train --resume --out {}'",
        given.string(), given.string());
  return given;
}

std::unique_ptr<Model> load_model(const std::filesystem::path& folder, const at::Device& device) {
  auto model = load_here(folder);
  if (!device.is_cpu()) model->to(device);
  return model;
}

}  // namespace asterism::models
