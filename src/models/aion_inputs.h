#pragma once
// Observations to the tokens that an AION-1 model reads: which modality of a dataset is which token key, and the codec
// that turns it into tokens.

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "models/aion_slots.h"
#include "tokenizers/tokenizer.h"

namespace asterism::models {

// The name that our datasets have for a token key ("tok_spectrum_desi" is "spectrum_desi", "tok_z" is "redshift"); of
// keys that they know no modality of, the codec's folder, or the key where two keys share the folder.
std::string aion_modality_name(const AionModality& facts);

class AionInputs {
 public:
  struct Reader {
    std::string modality, key;
    std::filesystem::path folder;                       // of the codec, loaded when it is first needed
    std::shared_ptr<tokenizers::Tokenizer> codec = {};  // or the codec itself
  };

  AionInputs() = default;
  explicit AionInputs(std::vector<Reader> readers);
  // Those of the network's inputs and targets whose codec lies under <folder>/codecs/.
  AionInputs(const AionNetwork& network, const std::filesystem::path& folder);

  std::vector<std::string> modalities() const;  // sorted
  // UserError naming the nearest where no reader has this modality.
  const Reader& reader(const std::string& modality) const;
  const tokenizers::Tokenizer& codec(const std::string& modality) const;

  // Tokens of each of `names` that the batch has (empty: of all); absent objects are hidden. UserError for a name that
  // is not read.
  std::vector<AionTokens> tokens(const modalities::Batch& batch, const std::vector<std::string>& names) const;

  void to(const at::Device& device);  // of the codecs, also those that are loaded later

  // codecs/<name>/ of each codec, once.
  void save(const std::filesystem::path& folder, const AionNetwork& network) const;

 private:
  std::vector<Reader> readers_;  // by modality
  at::Device device_ = at::kCPU;
  mutable std::mutex loading_;
  mutable std::map<std::filesystem::path, std::shared_ptr<tokenizers::Tokenizer>> loaded_;
};

}  // namespace asterism::models
