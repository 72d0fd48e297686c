#include "models/published_weights.h"

#include <cmath>
#include <exception>
#include <regex>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "config/settings.h"
#include "io/json.h"
#include "models/huggingface_dinov2.h"

namespace asterism::models {
namespace {

const std::string kImage = "image_encoder.backbone.", kSpectrum = "spectrum_encoder.backbone.";

bool begins(const std::string& name, const std::string& with) { return name.rfind(with, 0) == 0; }

bool is_pretraining_head(const std::string& name) { return begins(name, "dino_head.") || begins(name, "ibot_head."); }

// Takes a wrapper off where every name that is not a pretraining head has it.
bool take_off(std::map<std::string, std::string>& names, const std::string& wrapper) {
  bool any = false;
  for (const auto& [full, name] : names) {
    if (is_pretraining_head(name)) continue;
    if (!begins(name, wrapper)) return false;
    any = true;
  }
  if (any)
    for (auto& [full, name] : names)
      if (begins(name, wrapper)) name = name.substr(wrapper.size());
  return any;
}

std::string without_chunk(const std::string& name) {
  static const std::regex chunked(R"((^|\.)blocks\.\d+\.(\d+)\.)");
  return std::regex_replace(name, chunked, "$1blocks.$2.");
}

}  // namespace

NamedTensors canonical_weights(const NamedTensors& values, const std::string& source) {
  std::map<std::string, std::string> names;  // as written -> as it goes on
  for (const auto& [full, tensor] : values) names[full] = full;
  for (bool again = true; again;) {
    again = false;
    for (const char* wrapper : {"module.", "state_dict.", "teacher.", "model.", "backbone."})
      again = take_off(names, wrapper) || again;
  }
  std::string front;
  for (const auto& [full, name] : names) {
    if (begins(name, "image_encoder.") || begins(name, "spectrum_encoder.")) front = "-";
    if (front.empty() && begins(name, "patch_embed.")) front = kImage;
    if (front.empty() && begins(name, "data_embed.")) front = kSpectrum;
  }
  if (front.empty())
    base::data_error(
        "{} holds no 'patch_embed.proj.weight' (DINOv2, AstroDINO), 'data_embed.weight' (SpecFormer) or "
        "'image_encoder.*', 'spectrum_encoder.*' (AstroCLIP): these are no weights of that family",
        source);
  if (front == "-") front.clear();
  NamedTensors out;
  for (const auto& [full, name] : names) {
    if (is_pretraining_head(name)) continue;
    const auto key = front + without_chunk(name);
    if (!out.emplace(key, values.at(full)).second)
      base::data_error("{}: tensor '{}' and another one both mean '{}'", source, full, key);
  }
  return out;
}

NamedTensors as_published(const NamedTensors& canonical) {
  for (const auto& place : {kImage, kSpectrum}) {
    NamedTensors lone;
    for (const auto& [name, tensor] : canonical)
      if (begins(name, place)) lone[name.substr(place.size())] = tensor;
    if (lone.size() == canonical.size()) return lone;
  }
  return canonical;
}

namespace {

// A value of the published config under any of its names.
class Lookup {
 public:
  Lookup(const nlohmann::json& config, std::string source) : config_(config), source_(std::move(source)) {
    if (!config_.is_object()) base::data_error("{} is no table", source_);
  }
  ~Lookup() {
    if (std::uncaught_exceptions() > 0) return;  // an error came before all was read, and says what is wrong
    for (const auto& entry : config_.items())
      if (!seen_.contains(entry.key())) base::log_warning("{}: '{}' is not used", source_, entry.key());
  }
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;

  const nlohmann::json* find(const std::vector<const char*>& names) {
    const nlohmann::json* found = nullptr;
    for (const char* name : names)
      if (config_.contains(name)) {
        seen_[name] = true;
        if (!found && !config_.at(name).is_null()) found = &config_.at(name), name_ = name;
      }
    return found;
  }
  void read(const std::vector<const char*>& names, int64_t& out) {
    const auto* found = find(names);
    if (!found) return;
    if (!found->is_number_integer() || found->get<int64_t>() < 0 || found->get<int64_t>() > (1 << 20))
      wrong("a whole number");
    out = found->get<int64_t>();
  }
  void read(const std::vector<const char*>& names, double& out) {
    const auto* found = find(names);
    if (!found) return;
    if (!found->is_number()) wrong("a number");
    out = found->get<double>();
  }
  void read(const std::vector<const char*>& names, bool& out) {
    const auto* found = find(names);
    if (!found) return;
    if (!found->is_boolean()) wrong("true or false");
    out = found->get<bool>();
  }

 private:
  [[noreturn]] void wrong(const char* wanted) const { base::data_error("{}: '{}' must be {}", source_, name_, wanted); }
  const nlohmann::json& config_;
  std::string source_, name_;
  std::map<std::string, bool> seen_;
};

// Sizes of tensors, with an error that names the file and the nearest name.
class Shapes {
 public:
  Shapes(const NamedTensors& tensors, const std::string& source) : tensors_(tensors), source_(source) {}
  bool has(const std::string& name) const { return tensors_.contains(name); }
  int64_t size(const std::string& name, int64_t dimension) const {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) {
      std::vector<std::string> names;
      for (const auto& entry : tensors_) names.push_back(entry.first);
      base::data_error("{}: tensor '{}' is missing; the nearest name in the file is '{}'.", source_, name,
                       base::nearest(name, names));
    }
    if (found->second.dim() <= dimension)
      base::data_error("{}: tensor '{}' has {} dimensions, more are needed.", source_, name, found->second.dim());
    return found->second.size(dimension);
  }
  // One more than the largest i of "<prefix>blocks.<i>."
  int64_t blocks(const std::string& prefix) const {
    int64_t count = 0;
    const std::string front = prefix + "blocks.";
    for (const auto& [name, tensor] : tensors_)
      if (begins(name, front)) {
        const auto digits = name.substr(front.size(), name.find('.', front.size()) - front.size());
        if (!digits.empty() && digits.size() < 5 && digits.find_first_not_of("0123456789") == std::string::npos)
          count = std::max<int64_t>(count, std::stoll(digits) + 1);
      }
    return count;
  }

 private:
  const NamedTensors& tensors_;
  const std::string& source_;
};

void read_image(const Shapes& shapes, Lookup config, const std::string& source, VisionTransformerSettings& s) {
  const std::string block = kImage + "blocks.0.";
  s.width = shapes.size(kImage + "cls_token", 2);
  s.patch = shapes.size(kImage + "patch_embed.proj.weight", 2);
  s.channels = shapes.size(kImage + "patch_embed.proj.weight", 1);
  const int64_t positions = shapes.size(kImage + "pos_embed", 1) - 1;
  s.image_size = int64_t(std::lround(std::sqrt(double(std::max<int64_t>(0, positions))))) * s.patch;
  s.depth = shapes.blocks(kImage);
  s.gated_mlp = shapes.has(block + "mlp.w12.weight");
  if (s.depth > 0)
    s.hidden = s.gated_mlp ? shapes.size(block + "mlp.w12.weight", 0) / 2 : shapes.size(block + "mlp.fc1.weight", 0);
  s.registers = shapes.has(kImage + "register_tokens") ? shapes.size(kImage + "register_tokens", 1) : 0;
  s.layer_scale = shapes.has(block + "ls1.gamma");
  s.qkv_bias = shapes.has(block + "attn.qkv.bias");
  s.proj_bias = s.depth == 0 || shapes.has(block + "attn.proj.bias");
  s.mlp_bias = s.depth == 0 || shapes.has(block + (s.gated_mlp ? "mlp.w3.bias" : "mlp.fc2.bias"));
  s.mask_token = shapes.has(kImage + "mask_token");
  s.heads = s.width % 64 == 0 ? s.width / 64 : 0;  // all published DINOv2 heads have 64 numbers
  config.read({"img_size", "image_size"}, s.image_size);
  config.read({"patch", "patch_size"}, s.patch);
  config.read({"dim", "embed_dim", "width"}, s.width);
  config.read({"depth", "layers", "num_layers"}, s.depth);
  config.read({"heads", "num_heads"}, s.heads);
  config.read({"registers", "num_register_tokens"}, s.registers);
  if (s.registers > 0) s.interpolate_offset = 0, s.interpolate_antialias = true;  // so all of them were published
  config.read({"interpolate_offset"}, s.interpolate_offset);
  config.read({"interpolate_antialias"}, s.interpolate_antialias);
  config.read({"in_chans", "channels"}, s.channels);
  config.read({"layer_norm_eps", "epsilon"}, s.epsilon);
  // what the names of the tensors say already
  config.find({"block_chunks", "ffn_layer", "mlp_ratio", "init_values", "ffn", "arch", "qkv_bias", "proj_bias",
               "ffn_bias", "layerscale"});
  if (s.heads < 1)
    base::data_error("{}: the number of attention heads is not known: write \"heads\" into \"image\" of config.json",
                     source);
  if (s.patch < 1 || s.image_size < 1)
    base::data_error("{}: an image encoder of {} pixels in patches of {}", source, s.image_size, s.patch);
}

void read_spectrum(const Shapes& shapes, Lookup config, const std::string& source, SpecFormerSettings& s) {
  s.width = shapes.size(kSpectrum + "data_embed.weight", 0);
  s.slice = shapes.size(kSpectrum + "data_embed.weight", 1) - 2;
  s.layers = shapes.blocks(kSpectrum);
  if (s.layers > 0) s.hidden = shapes.size(kSpectrum + "blocks.0.mlp.encoder.weight", 0);
  s.max_tokens = shapes.size(kSpectrum + "position_embed.weight", 0);
  s.heads = s.width % 128 == 0 ? s.width / 128 : 0;  // as published: 6 heads of 128 numbers
  config.read({"dim", "embed_dim", "width"}, s.width);
  config.read({"layers", "num_layers", "depth"}, s.layers);
  config.read({"heads", "num_heads"}, s.heads);
  int64_t inputs = s.slice + 2;
  config.read({"input_dim", "in_dim"}, inputs);
  s.slice = inputs - 2;
  config.read({"slice", "section", "section_length", "slice_section_length", "slice_length", "slice_width"}, s.slice);
  s.overlap = s.slice / 2;
  config.read({"overlap", "slice_overlap"}, s.overlap);
  if (const auto* step = config.find({"stride", "step", "slice_stride"}); step && step->is_number_integer())
    s.overlap = s.slice - step->get<int64_t>();
  config.read({"max_len", "max_tokens"}, s.max_tokens);
  config.read({"causal"}, s.causal);
  config.find({"dropout", "norm_first", "mask_num_chunks", "mask_chunk_width", "mlp_ratio"});
  if (s.heads < 1)
    base::data_error("{}: the number of attention heads is not known: write \"heads\" into \"spectrum\" of config.json",
                     source);
  if (s.slice < 1 || s.overlap < 0 || s.overlap >= s.slice)
    base::data_error("{}: slices of {} pixels that share {}", source, s.slice, s.overlap);
}

// The published models read the picture of three bands. Of one with another number of planes no file says what they
// are: it gets them as they stand, under names that no survey has, so that an image is taken only by --any-instrument.
void of_planes(int64_t channels, ImageInputSettings& s) {
  if (channels == int64_t(s.bands.size())) return;
  s.stretch = "display";
  s.bands.clear();
  for (int64_t i = 0; i < channels; ++i) s.bands.push_back("plane_" + std::to_string(i));
  s.wavelengths_angstrom.clear();
  s.scales.clear();
}

template <class S>
void read_table(const nlohmann::json* table, const std::string& source, S& settings) {
  if (!table) return;
  auto fields = config::fields_of(settings);
  config::read_json(fields, table->dump(), source);
}

}  // namespace

AstroClipSettings settings_of(const NamedTensors& weights, const nlohmann::json& config, const std::string& source) {
  const Shapes shapes(weights, source);
  AstroClipSettings out;
  Lookup top(config, source);
  static const nlohmann::json kNone = nlohmann::json::object();
  const auto table = [&](const char* name) -> const nlohmann::json& {
    const auto* found = top.find({name});
    return found ? *found : kNone;
  };
  const auto &image = table("image"), &spectrum = table("spectrum");
  out.encoders.clear();
  for (const auto& [name, tensor] : weights) {
    const std::string encoder = begins(name, "image_encoder.")      ? "image"
                                : begins(name, "spectrum_encoder.") ? "spectrum"
                                                                    : "";
    if (!encoder.empty() && !out.has(encoder)) out.encoders.push_back(encoder);
  }
  if (out.has("image")) read_image(shapes, Lookup(image, source + " image"), source, out.image);
  if (out.has("spectrum")) read_spectrum(shapes, Lookup(spectrum, source + " spectrum"), source, out.spectrum);
  out.embedding = 0;
  for (const auto& encoder : out.encoders) {
    const std::string head = encoder + "_encoder.";
    if (!shapes.has(head + "cross_attention.query")) continue;
    out.embedding = shapes.size(head + "cross_attention.query", 2);
    out.head_hidden = shapes.size(head + "mlp.encoder.weight", 0);
  }
  top.read({"embed_dim", "embedding"}, out.embedding);
  top.read({"pool_heads", "n_head", "head_heads"}, out.head_heads);
  top.read({"image_head_residual"}, out.image_head_residual);
  top.read({"image_positions"}, out.image_positions);
  top.read({"logit_scale", "scale"}, out.logit_scale);
  if (out.has("image")) out.image_input.crop = out.image.image_size;
  if (out.has("image")) of_planes(out.image.channels, out.image_input);
  read_table(top.find({"image_input"}), source + " image_input", out.image_input);
  read_table(top.find({"spectrum_input"}), source + " spectrum_input", out.spectrum_input);
  return out;
}

std::filesystem::path weights_file_in(const std::filesystem::path& folder) {
  for (const char* name : {"model.safetensors", "astroclip.safetensors"})
    if (std::filesystem::exists(folder / name)) return folder / name;
  std::vector<std::filesystem::path> found;
  if (std::filesystem::is_directory(folder))
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      if (entry.path().extension() == ".safetensors") found.push_back(entry.path());
  if (found.size() == 1) return found[0];
  base::data_error("{} holds {} files of weights (*.safetensors): name the one that is meant model.safetensors",
                   folder.string(), found.size());
}

bool is_published_config(const nlohmann::json& config) {
  if (is_huggingface_dinov2(config)) return true;
  return config.is_object() && !config.contains("kind") && (config.contains("image") || config.contains("spectrum")) &&
         !config.contains("domains_in");
}

}  // namespace asterism::models
