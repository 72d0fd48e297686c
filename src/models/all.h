#pragma once
// Every model there is: {kind, loader, sentence}. To add one, write its file and one line in all.cpp.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "models/model.h"

namespace asterism::models {

struct ModelEntry {
  std::string kind;  // as config.json names it
  std::unique_ptr<Model> (*load)(const std::filesystem::path& folder);
  std::string sentence;
};

const std::vector<ModelEntry>& all_models();

// The folder of a model as it is; of a run, that of the model in it. UserError: a run that has none yet.
std::filesystem::path model_folder(const std::filesystem::path& given);

}  // namespace asterism::models
