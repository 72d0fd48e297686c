#pragma once
// The folder of a tokenizer: config.json {"kind": ..., "settings": {...}} and model.safetensors.

#include <filesystem>
#include <string>

#include "nn/parameters.h"

namespace asterism::tokenizers {

// Written aside and renamed as a whole; a tokenizer that was there is replaced.
void write_folder(const std::filesystem::path& folder, const std::string& kind, const std::string& settings_json,
                  const nn::Parameters& parameters);

struct FolderConfig {
  std::string kind, settings_json;
};
FolderConfig read_folder_config(
    const std::filesystem::path& folder);  // UserError: no such folder; DataError: no tokenizer's config.json

}  // namespace asterism::tokenizers
