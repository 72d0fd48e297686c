#pragma once
// The folder of a tokenizer: config.json {"kind": ..., "settings": {...}} and model.safetensors.

#include <filesystem>
#include <string>
#include <vector>

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

// What a tokenizer was trained to read, in the order of its recipe, beside kind and settings in config.json: those who
// use it need not say it again. Folders of a published layout are left as they are. {} where the folder does not tell:
// older ones, published ones, codecs/ of a model.
void record_modalities(const std::filesystem::path& folder, const std::vector<std::string>& modalities);
std::vector<std::string> recorded_modalities(const std::filesystem::path& folder);

// Those of them that are in `there`, the modalities of some data. UserError where none is, or where none is recorded:
// it names `option`, by which the user may say what is read.
std::vector<std::string> read_by_default(const std::filesystem::path& folder, const std::vector<std::string>& there,
                                         const std::string& option);

}  // namespace asterism::tokenizers
