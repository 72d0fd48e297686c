#include "infer/tokenizer_set.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "models/aion_config.h"
#include "models/aion_inputs.h"
#include "models/codec_vectors.h"
#include "tokenizers/tokenizer_folder.h"

namespace asterism::infer {
namespace {

namespace fs = std::filesystem;

bool is_tokenizer(const fs::path& folder) { return fs::exists(folder / "config.json"); }

std::vector<std::string> folders_in(const fs::path& root) {
  std::vector<std::string> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root, error))
    if (is_tokenizer(entry.path())) out.push_back(entry.path().filename().string());
  std::sort(out.begin(), out.end());
  return out;
}

// The folder for a modality of which none was said; "" for none.
std::string folder_for(const std::string& modality, const std::vector<std::string>& folders) {
  const auto has = [&](const std::string& name) {
    return std::find(folders.begin(), folders.end(), name) != folders.end();
  };
  if (has(modality)) return modality;
  for (const auto& facts : models::aion_modalities())
    if (models::aion_modality_name(facts) == modality && has(facts.codec)) return facts.codec;
  return "";
}

// Folders by modality; the folder "." is `given` itself.
std::vector<std::pair<std::string, std::string>> pairs_of(const fs::path& root, const std::vector<std::string>& wanted,
                                                          const std::vector<std::string>& there) {
  const bool single = is_tokenizer(root);
  if (single && !models::holds_tokenizer(root))
    base::user_error("{} holds a model, no tokenizer: 'asterism embed' makes vectors by it", root.string());
  const auto folders = single ? std::vector<std::string>{} : folders_in(root);
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& word : wanted) {
    const size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    std::string folder = equals == std::string::npos ? "" : word.substr(equals + 1);
    if (std::find(there.begin(), there.end(), name) == there.end())
      base::user_error("the dataset has no '{}'; the nearest that it has is '{}'", name, base::nearest(name, there));
    if (std::any_of(out.begin(), out.end(), [&](const auto& pair) { return pair.first == name; }))
      base::user_error("the modality '{}' is named twice", name);
    if (single && !folder.empty())
      base::user_error("{} is one tokenizer: name the modality alone, without '={}'", root.string(), folder);
    if (single) folder = ".";
    if (folder.empty()) folder = folder_for(name, folders);
    if (folder.empty())
      base::user_error("{} has no folder for '{}'; say which of {} as {}=FOLDER", root.string(), name,
                       base::quoted_list(folders), name);
    if (!single && std::find(folders.begin(), folders.end(), folder) == folders.end())
      base::user_error("{} has no tokenizer '{}'; the nearest is '{}'", root.string(), folder,
                       base::nearest(folder, folders));
    out.emplace_back(name, folder);
  }
  if (!wanted.empty()) return out;
  if (single)
    for (const auto& name : tokenizers::read_by_default(root, there, "--modality")) out.emplace_back(name, ".");
  if (single) return out;
  for (const auto& name : there)
    if (const std::string folder = folder_for(name, folders); !folder.empty()) out.emplace_back(name, folder);
  if (out.empty())
    base::user_error("no tokenizer of {} ({}) is for a modality of the dataset ({}); say --modality NAME=FOLDER",
                     root.string(), base::quoted_list(folders), base::quoted_list(there));
  return out;
}

}  // namespace

std::vector<ModalityTokenizer> tokenizers_for(const fs::path& given, const std::vector<std::string>& wanted,
                                              const std::vector<std::string>& there) {
  if (!fs::is_directory(given)) base::user_error("there is no folder '{}'", given.string());
  const fs::path root = fs::is_directory(given / "codecs") ? given / "codecs" : given;
  if (!is_tokenizer(root) && folders_in(root).empty())
    base::user_error("'{}' holds no tokenizer (config.json), nor a folder that does", root.string());
  std::map<fs::path, std::shared_ptr<tokenizers::Tokenizer>> loaded;
  std::vector<ModalityTokenizer> out;
  for (const auto& [modality, folder] : pairs_of(root, wanted, there)) {
    const fs::path path = folder == "." ? root : root / folder;
    auto& held = loaded[fs::weakly_canonical(path)];
    if (!held) held = tokenizers::load_tokenizer(path);
    out.push_back({modality, path, held});
  }
  return out;
}

}  // namespace asterism::infer
