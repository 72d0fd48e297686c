#include "tokenizers/aion/published_folder.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/log.h"
#include "io/json.h"
#include "tokenizers/weights_file.h"

namespace asterism::tokenizers::aion {

namespace {

const std::string kOldPrefix = "quantizer.", kAverage = "ema.module.";

// The key of config.json and the tensor by either of which a kind is known; the first that fits counts.
struct Sign {
  const char* kind;
  const char* key;
  const char* tensor;
};
const Sign kSigns[] = {
    {"aion_image", "quantizer_levels", "subsample_in.weight"},
    {"aion_spectrum", "encoder_depths", "latent_grid._wavelength"},
    {kSegmentationMapKind, "encoder_output_dim", "encode_proj.weight"},
    {kCatalogKind, "mask_value", "_quantizer.quantizers.SHAPE_R._index_to_val"},
    {"aion_multi_scalar", "compression_fns", "_quantizer.quantizers.0._index_to_val"},
    {"aion_log_scalar", "min_log_value", nullptr},
    {"aion_scalar", "reservoir_size", "_quantizer._index_to_val"},
    {"aion_grid_scalar", nullptr, "_quantizer.buckets"},
};

std::string kind_of(const nlohmann::json& config, const std::map<std::string, at::Tensor>& weights,
                    const std::string& source) {
  for (const auto& sign : kSigns)
    if ((sign.key != nullptr && config.contains(sign.key)) || (sign.tensor != nullptr && weights.contains(sign.tensor)))
      return sign.kind;
  base::data_error("{}: none of the published codecs: neither its keys nor the tensors beside it are of one.", source);
}

}  // namespace

bool is_published(const std::filesystem::path& folder) {
  const auto file = folder / "config.json";
  if (!std::filesystem::exists(file))
    base::user_error("no tokenizer in '{}': it holds no config.json.", folder.string());
  const auto config = io::read_json(file);
  return config.is_object() && !config.contains("kind");
}

PublishedFolder read_published(const std::filesystem::path& folder) {
  PublishedFolder out;
  out.source = (folder / "config.json").string();
  out.weights_source = (folder / "model.safetensors").string();
  const auto config = io::read_json(out.source);
  if (!config.is_object()) base::data_error("{}: no JSON object.", out.source);
  for (const auto& [name, tensor] : read_weights(out.weights_source, sizeof(float))) {
    if (name.starts_with(kAverage)) {
      out.extras[name] = tensor;
    } else {
      const auto renamed = name.starts_with(kOldPrefix) ? "_" + name : name;
      if (!out.weights.emplace(renamed, tensor).second)
        base::data_error("{}: tensor '{}' under both its old and its new name.", out.weights_source, renamed);
    }
  }
  out.kind = kind_of(config, out.weights, out.source);
  out.config_json = io::dump_json(config);
  return out;
}

void read_config(config::Fields& fields, const std::string& config_json, const std::string& source,
                 const std::vector<std::string>& limits) {
  const auto config = io::parse_json(config_json, source);
  if (!config.is_object()) base::data_error("{}: no JSON object.", source);
  std::vector<std::string> known;
  for (const auto& field : fields.fields) known.push_back(field->name);
  for (const auto& key : limits)
    if (config.contains(key) && config[key] == 0)
      base::data_error("{}: '{}' is 0, which leaves nothing: write null where there is no limit.", source, key);
  auto kept = nlohmann::json::object();
  for (const auto& [key, value] : config.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end())
      base::log_at(base::LogLevel::warning, "{}: '{}' is not known here and was left out", source, key);
    else
      kept[key] = value.is_null() ? nlohmann::json(0) : value;
  }
  config::read_json(fields, io::dump_json(kept), source);
}

void load_weights(nn::Parameters& parameters, const PublishedFolder& folder) {
  parameters.load(folder.weights, folder.weights_source);
}

void write_published(const std::filesystem::path& folder, const config::Fields& fields,
                     const std::vector<std::string>& nullable, const nn::Parameters& parameters,
                     const std::map<std::string, at::Tensor>& extras, Unit unit) {
  auto config = io::parse_json(config::to_json(fields), "settings of a codec");
  for (const auto& key : nullable)
    if (config.contains(key) && config[key] == 0) config[key] = nullptr;
  if (config.contains("reference_behaviour") && config["reference_behaviour"] == false)
    config.erase("reference_behaviour");
  if (unit == Unit::left_out) config.erase("unit");
  auto tensors = parameters.all();
  tensors.insert(extras.begin(), extras.end());
  base::AtomicFolder aside(folder, base::Replace::yes);
  io::write_json(aside.path() / "config.json", config);
  write_weights(aside.path() / "model.safetensors", tensors);
  aside.commit();
}

void check_same(const at::Tensor& in_file, const std::vector<int64_t>& in_config, const std::string& name,
                const std::string& source) {
  const auto flat = in_file.to(at::kLong).reshape({-1}).contiguous();
  const std::vector<int64_t> found(flat.const_data_ptr<int64_t>(), flat.const_data_ptr<int64_t>() + flat.numel());
  if (found != in_config)
    base::data_error("{}: '{}' is [{}], config.json says [{}].", source, name, fmt::join(found, ", "),
                     fmt::join(in_config, ", "));
}

}  // namespace asterism::tokenizers::aion
