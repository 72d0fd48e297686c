#pragma once
// Any codec folder as AION-1 publishes it, and a whole folder of them in which modalities share weights.

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "tokenizers/aion/published_folder.h"
#include "tokenizers/tokenizer.h"

namespace asterism::tokenizers::aion {

std::unique_ptr<Tokenizer> make_published(const PublishedFolder& folder);

// reference_behaviour: on, whatever its config.json says.
std::shared_ptr<Tokenizer> load_published(const std::filesystem::path& folder, bool reference_behaviour = false);

// Which codec folder each modality of the published model reads: two image surveys share one, and two spectrographs.
struct TokenKey {
  const char* token_key;  // "tok_image_hsc"
  const char* codec;      // "image"
  const char* kind;       // of that codec in the package, "aion_image"
};
std::span<const TokenKey> token_keys();

// <root>/<codec>/...: each folder is loaded once, however many modalities and links lead to it.
class CodecSet {
 public:
  explicit CodecSet(std::filesystem::path root, bool reference_behaviour = false);
  std::shared_ptr<Tokenizer> codec(const std::string& name);             // a folder's name; UserError: no such folder
  std::shared_ptr<Tokenizer> of_modality(const std::string& token_key);  // UserError naming the nearest key

 private:
  std::filesystem::path root_;
  bool reference_behaviour_;
  std::map<std::filesystem::path, std::shared_ptr<Tokenizer>> loaded_;  // by canonical path
};

}  // namespace asterism::tokenizers::aion
