#pragma once
// Which tokenizer reads which modality, in words a command line can say.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tokenizers/tokenizer.h"

namespace asterism::infer {

struct ModalityTokenizer {
  std::string modality;
  std::filesystem::path folder;
  std::shared_ptr<tokenizers::Tokenizer> tokenizer;  // modalities that share a folder share it
};

// `given` is the folder of a tokenizer, or a folder of such folders, or one with them in codecs/ as AION-1 is
// published. wanted: of the modalities in `there`, each "NAME" or "NAME=FOLDER" with a folder inside `given`; without
// it a folder of that name, or the codec that AION-1 has for the modality. Empty: every modality that has one; of one
// tokenizer what it was trained on.
// UserError: a modality that is not there (names the nearest), or that no folder is for; a folder that reads blocks of
// another kind is found when it is used.
std::vector<ModalityTokenizer> tokenizers_for(const std::filesystem::path& given,
                                              const std::vector<std::string>& wanted,
                                              const std::vector<std::string>& there);

}  // namespace asterism::infer
