#pragma once
// One case of a folder of fixtures: inputs that a reference program was given, and the outputs it gave.
//
//   <folder>/codecs/<name>[@variant]/{config.json,model.safetensors}
//   <folder>/model[@variant]/{config.json,model.safetensors}
//   <folder>/io/<case>.safetensors      tensors in.*, out.*; __metadata__["info"] is a JSON object

#include <ATen/ATen.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace asterism::infer {

struct FixtureCase {
  std::string name;                           // file name without ".safetensors"
  std::filesystem::path folder;               // the whole folder, in which codecs/ and model/ lie
  nlohmann::json info;                        // an object; empty where the file has none
  std::map<std::string, at::Tensor> tensors;  // by full name; over a private mapping of the file

  // DataError where the file is damaged, or its info is not a JSON object.
  static FixtureCase open(const std::filesystem::path& folder, const std::string& name);

  bool contains(const std::string& tensor) const { return tensors.contains(tensor); }
  const at::Tensor& at(const std::string& tensor) const;  // DataError naming the nearest tensor of the case

  // Names of the tensors that begin with `prefix`, without it: names_under("in.") of "in.flux" is "flux".
  std::vector<std::string> names_under(const std::string& prefix) const;

  // From the info. text: `fallback` where the key is absent or null. texts: empty where absent or null. DataError
  // naming the case and the key where what stands there is of another type.
  std::string text(const std::string& key, const std::string& fallback = "") const;
  std::vector<std::string> texts(const std::string& key) const;
  int64_t whole_number(const std::string& key, int64_t fallback) const;
};

// Names of all cases, sorted: every io/*.safetensors (links count), whatever a manifest says.
std::vector<std::string> fixture_cases(const std::filesystem::path& folder);

// True for a folder that holds an io/ folder, as no model, tokenizer, checkpoint or run does.
bool is_fixture_folder(const std::filesystem::path& folder);

}  // namespace asterism::infer
