#include "infer/verify/fixture_case.h"

#include <algorithm>

#include "base/error.h"
#include "io/json.h"
#include "io/safetensors.h"
#include "tokenizers/weights_file.h"

namespace asterism::infer {

namespace {

const char* const kSuffix = ".safetensors";

std::filesystem::path file_of(const std::filesystem::path& folder, const std::string& name) {
  return folder / "io" / (name + kSuffix);
}

}  // namespace

FixtureCase FixtureCase::open(const std::filesystem::path& folder, const std::string& name) {
  FixtureCase out;
  out.name = name;
  out.folder = folder;
  const auto path = file_of(folder, name);
  out.tensors = tokenizers::read_weights(path);
  out.info = nlohmann::json::object();
  const auto metadata = io::SafetensorsFile::open(path).metadata();
  if (const auto found = metadata.find("info"); found != metadata.end()) {
    out.info = io::parse_json(found->second, path.string() + ": info");
    if (!out.info.is_object()) base::data_error("{}: info in the metadata is no JSON object.", path.string());
  }
  return out;
}

const at::Tensor& FixtureCase::at(const std::string& tensor) const {
  const auto found = tensors.find(tensor);
  if (found != tensors.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [other, value] : tensors) names.push_back(other);
  base::data_error("case '{}' has no tensor '{}'; the nearest is '{}'.", name, tensor, base::nearest(tensor, names));
}

std::vector<std::string> FixtureCase::names_under(const std::string& prefix) const {
  std::vector<std::string> out;
  for (const auto& [tensor, value] : tensors)
    if (tensor.starts_with(prefix)) out.push_back(tensor.substr(prefix.size()));
  return out;
}

std::string FixtureCase::text(const std::string& key, const std::string& fallback) const {
  const auto found = info.find(key);
  if (found == info.end() || found->is_null()) return fallback;
  if (!found->is_string()) base::data_error("case '{}': '{}' in its info is no text.", name, key);
  return found->get<std::string>();
}

std::vector<std::string> FixtureCase::texts(const std::string& key) const {
  std::vector<std::string> out;
  const auto found = info.find(key);
  if (found == info.end() || found->is_null()) return out;
  const bool good = found->is_array() &&
                    std::all_of(found->begin(), found->end(), [](const auto& entry) { return entry.is_string(); });
  if (!good) base::data_error("case '{}': '{}' in its info is no list of texts.", name, key);
  for (const auto& entry : *found) out.push_back(entry.get<std::string>());
  return out;
}

int64_t FixtureCase::whole_number(const std::string& key, int64_t fallback) const {
  const auto found = info.find(key);
  if (found == info.end() || found->is_null()) return fallback;
  if (!found->is_number_integer()) base::data_error("case '{}': '{}' in its info is no whole number.", name, key);
  return found->get<int64_t>();
}

std::vector<std::string> fixture_cases(const std::filesystem::path& folder) {
  std::vector<std::string> out;
  std::error_code ignored;  // links that lead in a circle are cases that fail
  for (const auto& entry : std::filesystem::directory_iterator(folder / "io"))
    if (entry.path().extension() == kSuffix && !std::filesystem::is_directory(entry.path(), ignored))
      out.push_back(entry.path().stem().string());
  std::sort(out.begin(), out.end());
  return out;
}

bool is_fixture_folder(const std::filesystem::path& folder) { return std::filesystem::is_directory(folder / "io"); }

}  // namespace asterism::infer
