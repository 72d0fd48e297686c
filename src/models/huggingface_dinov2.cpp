#include "models/huggingface_dinov2.h"

#include <array>
#include <cmath>
#include <set>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "io/json.h"

namespace asterism::models {
namespace {

using nlohmann::json;
using Weights = std::map<std::string, at::Tensor>;

const std::string kPatch = "embeddings.patch_embeddings.projection.weight", kLayer = "encoder.layer.";

// What stands before every name ("dinov2." of a classifier), and "" where nothing does; nullptr: other weights.
const std::string* front_of(const Weights& values) {
  static const std::array<std::string, 4> fronts = {"", "dinov2.", "dinov2_with_registers.", "backbone."};
  for (const auto& front : fronts)
    if (values.contains(front + kPatch)) return &front;
  return nullptr;
}

// "attention.output.dense" of a block -> "attn.proj"; "" for the parts of attn.qkv, which are joined.
std::string part_of_block(const std::string& part) {
  static const std::map<std::string, std::string> named = {
      {"attention.output.dense", "attn.proj"}, {"layer_scale1.lambda1", "ls1.gamma"},
      {"layer_scale2.lambda1", "ls2.gamma"},   {"mlp.weights_in", "mlp.w12"},
      {"mlp.weights_out", "mlp.w3"},           {"attention.attention.query", ""},
      {"attention.attention.key", ""},         {"attention.attention.value", ""}};
  const auto found = named.find(part);
  return found == named.end() ? part : found->second;
}

struct Renamed {
  std::string name;
  bool of_qkv = false;  // the block's "attn.qkv.weight" or ".bias", of which it is a third
};

Renamed renamed(const std::string& name) {
  static const std::map<std::string, std::string> whole = {
      {"embeddings.cls_token", "cls_token"},
      {"embeddings.mask_token", "mask_token"},
      {"embeddings.register_tokens", "register_tokens"},
      {"embeddings.position_embeddings", "pos_embed"},
      {kPatch, "patch_embed.proj.weight"},
      {"embeddings.patch_embeddings.projection.bias", "patch_embed.proj.bias"},
      {"layernorm.weight", "norm.weight"},
      {"layernorm.bias", "norm.bias"}};
  if (const auto found = whole.find(name); found != whole.end()) return {found->second};
  if (!name.starts_with(kLayer)) return {name};  // refused on loading, by its own name
  const size_t dot = name.find('.', kLayer.size());
  if (dot == std::string::npos) return {name};
  const std::string block = "blocks." + name.substr(kLayer.size(), dot - kLayer.size()) + ".";
  const std::string rest = name.substr(dot + 1);
  if (rest.ends_with(".lambda1")) return {block + part_of_block(rest)};
  const size_t last = rest.rfind('.');
  if (last == std::string::npos) return {name};
  const std::string part = part_of_block(rest.substr(0, last)), kind = rest.substr(last);
  return part.empty() ? Renamed{block + "attn.qkv" + kind, true} : Renamed{block + part + kind};
}

json preprocessor_of(const std::filesystem::path& folder) {
  const auto path = folder / "preprocessor_config.json";
  const auto out = std::filesystem::exists(path) ? io::read_json(path) : json::object();
  if (!out.is_object()) base::data_error("{} is no table", path.string());
  const auto normalises = out.find("do_normalize");
  if (normalises != out.end() && !normalises->is_boolean())
    base::data_error("{}: 'do_normalize' must be true or false, found {}", path.string(), normalises->dump());
  return out;
}

// A number, or the one that a list of two equal ones holds.
json one_size(const json& config, const char* key, const std::string& source) {
  const auto& value = config.at(key);
  if (!value.is_array()) return value;
  if (value.size() != 2 || value[0] != value[1])
    base::data_error("{}: '{}' is {}, and this program reads square ones", source, key, value.dump());
  return value[0];
}

// The side that images are brought to: of the crop at the end, else of what they are resized to; 0: it says neither.
int64_t side_of(const json& preprocessor) {
  for (const auto& [key, done] : {std::pair{"crop_size", "do_center_crop"}, {"size", "do_resize"}}) {
    const auto found = preprocessor.find(key), is_done = preprocessor.find(done);
    if (found == preprocessor.end() || (is_done != preprocessor.end() && *is_done == false)) continue;
    if (found->is_number_integer()) return found->get<int64_t>();
    for (const char* side : {"height", "shortest_edge"})
      if (found->is_object() && found->contains(side) && found->at(side).is_number_integer())
        return found->at(side).get<int64_t>();
  }
  return 0;
}

json image_input_of(const json& config, const std::filesystem::path& folder, int64_t patch) {
  json out = {{"crop", 0}, {"pixel_scale_arcsec", 0}};
  const auto preprocessor = preprocessor_of(folder);
  const bool normalises = preprocessor.value("do_normalize", true);
  if (normalises && !preprocessor.contains("image_mean"))
    base::log_warning(
        "{}: {}, so planes go in unnormalised: put it there, or write \"mean\" and \"deviation\" into \"image_input\" "
        "of config.json",
        folder.string(),
        preprocessor.empty() ? "no preprocessor_config.json" : "no 'image_mean' in preprocessor_config.json");
  if (normalises && preprocessor.contains("image_mean")) {
    out["mean"] = preprocessor.at("image_mean");
    out["deviation"] = preprocessor.value("image_std", json::array());
  }
  const int64_t patches = patch > 0 ? std::lround(double(side_of(preprocessor)) / double(patch)) : 0;
  if (patches > 0) out["resize"] = patches * patch;
  if (const auto own = config.find("image_input"); own != config.end()) {
    if (!own->is_object()) base::data_error("{}: 'image_input' is no table", (folder / "config.json").string());
    out.update(*own);
  }
  return out;
}

}  // namespace

bool is_huggingface_dinov2(const json& config) {
  if (!config.is_object() || !config.contains("model_type")) return false;
  const auto& type = config.at("model_type");
  return type == "dinov2" || type == "dinov2_with_registers";
}

bool is_huggingface_dinov2(const Weights& values) { return front_of(values) != nullptr; }

Weights from_huggingface(const Weights& values, const std::string& source) {
  const std::string front = *front_of(values);
  Weights out;
  std::set<std::string> joined;
  for (const auto& [full, tensor] : values) {
    if (full.starts_with("classifier.")) continue;
    const auto to = renamed(full.starts_with(front) ? full.substr(front.size()) : full);
    if (to.of_qkv)
      joined.insert(full);
    else if (!out.emplace(to.name, tensor).second)
      base::data_error("{}: tensor '{}' and another one both mean '{}'", source, full, to.name);
  }
  for (const auto& full : joined) {
    const size_t last = full.rfind('.'), part = full.rfind('.', last - 1);
    const auto name = renamed(full.substr(front.size())).name;
    if (out.contains(name)) continue;
    std::vector<at::Tensor> thirds;
    for (const char* third : {"query", "key", "value"}) {
      const auto own = full.substr(0, part + 1) + third + full.substr(last);
      const auto found = values.find(own);
      if (found == values.end()) base::data_error("{}: tensor '{}' is missing beside '{}'", source, own, full);
      if (found->second.dim() < 1 || found->second.sizes() != values.at(full).sizes())
        base::data_error("{}: tensors '{}' and '{}' are not of one shape", source, own, full);
      thirds.push_back(found->second);
    }
    out[name] = at::cat(thirds);
  }
  return out;
}

json published_form(const json& config, const std::filesystem::path& folder) {
  const auto source = (folder / "config.json").string();
  if (const auto act = config.find("hidden_act"); act != config.end() && *act != "gelu")
    base::data_error("{}: hidden_act {}, and this program computes gelu", source, act->dump());
  json image = {{"interpolate_offset", 0.0}};
  for (const auto& [theirs, ours] : {std::pair{"hidden_size", "dim"},
                                     {"num_hidden_layers", "depth"},
                                     {"num_attention_heads", "heads"},
                                     {"image_size", "img_size"},
                                     {"patch_size", "patch"},
                                     {"num_channels", "in_chans"},
                                     {"num_register_tokens", "registers"},
                                     {"layer_norm_eps", "layer_norm_eps"}})
    if (config.contains(theirs)) image[ours] = one_size(config, theirs, source);
  const int64_t patch =
      image.contains("patch") && image["patch"].is_number_integer() ? image["patch"].get<int64_t>() : 0;
  return {{"image", image}, {"image_input", image_input_of(config, folder, patch)}};
}

}  // namespace asterism::models
