#include "tokenizers/tokenizer_folder.h"

#include <algorithm>

#include "base/atomic_file.h"
#include "base/error.h"
#include "io/json.h"
#include "tokenizers/weights_file.h"

namespace asterism::tokenizers {

void write_folder(const std::filesystem::path& folder, const std::string& kind, const std::string& settings_json,
                  const nn::Parameters& parameters) {
  base::AtomicFolder aside(folder, base::Replace::yes);
  const nlohmann::json config{{"kind", kind}, {"settings", io::parse_json(settings_json, "settings of " + kind)}};
  io::write_json(aside.path() / "config.json", config);
  write_weights(aside.path() / "model.safetensors", parameters.all(), {{"kind", kind}});
  aside.commit();
}

FolderConfig read_folder_config(const std::filesystem::path& folder) {
  const auto file = folder / "config.json";
  if (!std::filesystem::exists(file))
    base::user_error("no tokenizer in '{}': it holds no config.json.", folder.string());
  const auto config = io::read_json(file);
  if (!config.is_object() || !config.contains("kind") || !config["kind"].is_string() || !config.contains("settings") ||
      !config["settings"].is_object())
    base::data_error("{}: a tokenizer's config.json has a text 'kind' and an object 'settings'.", file.string());
  return {config["kind"].get<std::string>(), io::dump_json(config["settings"])};
}

void record_modalities(const std::filesystem::path& folder, const std::vector<std::string>& modalities) {
  auto config = io::read_json(folder / "config.json");
  if (!config.contains("kind")) return;  // a published layout: the package refuses what its constructors lack
  config["modalities"] = modalities;
  io::write_json(folder / "config.json", config);
}

std::vector<std::string> recorded_modalities(const std::filesystem::path& folder) {
  const auto file = folder / "config.json";
  const auto config = io::read_json(file);
  if (!config.is_object() || !config.contains("kind") || !config.contains("modalities")) return {};
  const auto& names = config["modalities"];
  if (!names.is_array() || !std::all_of(names.begin(), names.end(), [](const auto& name) { return name.is_string(); }))
    base::data_error("{}: 'modalities' is a list of names", file.string());
  return names.get<std::vector<std::string>>();
}

std::vector<std::string> read_by_default(const std::filesystem::path& folder, const std::vector<std::string>& there,
                                         const std::string& option) {
  const auto recorded = recorded_modalities(folder);
  if (recorded.empty())
    base::user_error("{} is one tokenizer and does not tell what it was trained on: say with {} what it reads",
                     folder.string(), option);
  std::vector<std::string> out;
  for (const auto& name : recorded)
    if (std::find(there.begin(), there.end(), name) != there.end()) out.push_back(name);
  if (out.empty())
    base::user_error("{} was trained on {}, which the data lack: say with {} which of {} it reads", folder.string(),
                     base::quoted_list(recorded), option, base::quoted_list(there));
  return out;
}

}  // namespace asterism::tokenizers
