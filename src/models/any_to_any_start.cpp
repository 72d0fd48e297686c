// An any-to-any model that begins with the weights of another: of its own kind, with other modalities perhaps, or of
// published AION-1.

#include <algorithm>

#include "base/error.h"
#include "io/json.h"
#include "models/aion_config.h"
#include "models/any_to_any_network.h"
#include "tokenizers/weights_file.h"

namespace asterism::models {
namespace {

namespace fs = std::filesystem;
using Network = AnyToAny::Network;

AnyToAnySettings read_settings(const fs::path& file, const nlohmann::json& json) {
  AnyToAnySettings settings;
  auto fields = config::fields_of(settings);
  config::read_json(fields, json.at("settings").dump(), file.string());
  return settings;
}

void check_size(const std::string& source, int64_t width, int64_t heads, const AnyToAnySettings& mine) {
  if (width != mine.width || heads != mine.heads)
    base::user_error("{} is {} wide with {} heads, this model {} with {}: set model.width and model.heads alike",
                     source, width, heads, mine.width, mine.heads);
}

// Names in order that lie in one tensor: the scalars that go in as values.
std::vector<std::string> stacked_scalars(const std::map<std::string, ModalitySettings>& modalities) {
  std::vector<std::string> out;
  for (const auto& [name, m] : modalities)
    if (m.kind == "scalar" && (m.input == "values" || m.input == "both")) out.push_back(name);
  return out;
}

std::vector<int64_t> places_in(const std::vector<std::string>& mine, const std::vector<std::string>& theirs) {
  std::vector<int64_t> out;
  for (const auto& name : mine) {
    const auto found = std::find(theirs.begin(), theirs.end(), name);
    out.push_back(found == theirs.end() ? -1 : found - theirs.begin());
  }
  return out;
}

// Weights of scalars lie by their waves: of other waves they mean something else.
void check_waves(const std::string& source, const AnyToAnySettings& theirs, const AnyToAnySettings& mine) {
  if (stacked_scalars(theirs.modalities).empty() || stacked_scalars(mine.modalities).empty()) return;
  if (mine.fourier_features != theirs.fourier_features || mine.fourier_finest != theirs.fourier_finest)
    base::user_error(
        "{} reads scalars by other waves than this model: set model.fourier_features = {} and model.fourier_finest = "
        "{}",
        source, theirs.fourier_features, theirs.fourier_finest);
}

StackedRows rows_of(const AnyToAnySettings& mine, const AnyToAnySettings& theirs) {
  const auto scalars = places_in(stacked_scalars(mine.modalities), stacked_scalars(theirs.modalities));
  std::vector<std::string> my_names, their_names;
  for (const auto& entry : mine.modalities) my_names.push_back(entry.first);
  for (const auto& entry : theirs.modalities) their_names.push_back(entry.first);
  // what widens by input is of these inputs: it is found again
  StackedRows out{{"temperature", places_in(my_names, their_names)},
                  {"temperature_by_input", std::vector<int64_t>(my_names.size(), -1)}};
  for (const char* name :
       {"weight", "bias", "scale_kind", "scale_centre", "scale_width", "scale_softening", "scale_knots"})
    out[std::string("input.scalars.") + name] = scalars;
  for (const auto& [name, m] : mine.modalities)  // bands that have vectors of their own
    if (const auto other = theirs.modalities.find(name); other != theirs.modalities.end())
      for (const char* of : {".band.named.weight", ".summary.band.named.weight"})
        out["input." + name + of] = places_in(m.bands, other->second.bands);
  return out;
}

// Bins are part of what the old heads mean; codes of an image or spectrum must be those of the same tokenizer.
void take_codec(const std::string& name, const ModalitySettings& settings, tokenizers::Tokenizer& mine,
                const fs::path& folder) {
  const auto theirs = tokenizers::load_tokenizer(folder);
  const auto values = theirs->parameters().all();
  const auto own = mine.parameters().all();
  bool same_shapes = values.size() == own.size(), equal = true;
  for (const auto& [tensor_name, tensor] : own) {
    const auto found = values.find(tensor_name);
    same_shapes = same_shapes && found != values.end() && found->second.sizes() == tensor.sizes();
    equal = equal && same_shapes && at::equal(found->second, tensor);
  }
  if (settings.kind == "scalar" && settings.codec.empty()) {
    if (same_shapes)
      mine.parameters().load(values, folder.string());
    else
      base::user_error("'{}': the model in {} has other bins: set model.modalities.{}.bins as there", name,
                       folder.parent_path().parent_path().string(), name);
  } else if (!equal) {
    base::user_error(
        "'{}': its tokenizer is not the one that the model to start from was trained with, so its codes mean other "
        "things; set model.modalities.{}.codec = \"{}\"",
        name, name, folder.string());
  }
}

WarmStart from_own_kind(Network& net, const fs::path& folder, const nlohmann::json& json) {
  const auto theirs = read_settings(folder / "config.json", json);
  check_size(folder.string(), theirs.width, theirs.heads, net.settings);
  check_waves(folder.string(), theirs, net.settings);
  for (const auto& [name, m] : net.settings.modalities) {
    const auto found = theirs.modalities.find(name);
    if (found == theirs.modalities.end()) continue;
    const auto& other = found->second;
    if (other.kind != m.kind)
      base::user_error("'{}' is a {} here and a {} in {}: give one of them another name", name, m.kind, other.kind,
                       folder.string());
    if (other.unit != m.unit && other.unit != kUnknownUnit && m.unit != kUnknownUnit)
      base::user_error("'{}' is in '{}' in the data and '{}' in {}: convert the data", name, m.unit, other.unit,
                       folder.string());
    const auto codec = folder / "codecs" / name;
    if (net.codecs.contains(name) && fs::exists(codec)) take_codec(name, m, *net.codecs.at(name), codec);
  }
  return start_from(net.parameters, tokenizers::read_weights(folder / "model.safetensors"),
                    rows_of(net.settings, theirs), (folder / "model.safetensors").string());
}

}  // namespace

WarmStart AnyToAny::start_from(const fs::path& folder) {
  auto& net = *network_;
  if (!fs::exists(folder / "config.json") || !fs::exists(folder / "model.safetensors"))
    base::user_error("{} is no model folder: config.json and model.safetensors are not both there", folder.string());
  const auto json = io::read_json(folder / "config.json");
  if (is_aion_config(json)) {
    const auto config = read_aion_config(json, (folder / "config.json").string());
    check_size(folder.string(), config.dim, config.num_heads, net.settings);
    return models::start_from(net.parameters, tokenizers::read_weights(folder / "model.safetensors"), {},
                              (folder / "model.safetensors").string());
  }
  if (!json.is_object() || json.value("kind", "") != kind() || !json.contains("settings"))
    base::user_error("{} holds no any-to-any model, and this one can start from no other", folder.string());
  return from_own_kind(net, folder, json);
}

}  // namespace asterism::models
