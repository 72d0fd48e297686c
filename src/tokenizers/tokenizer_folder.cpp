#include "tokenizers/tokenizer_folder.h"

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

}  // namespace asterism::tokenizers
