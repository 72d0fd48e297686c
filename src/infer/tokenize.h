#pragma once
// The tokens of every object, of one modality or of many in one pass: what `asterism tokenize` does.

#include <filesystem>
#include <string>
#include <vector>

#include "infer/map_dataset.h"

namespace asterism::infer {

struct TokenizeOptions {
  std::filesystem::path tokenizer, dataset, out;
  std::vector<std::string> modalities;  // what to read; see tokenizers_for in infer/tokenizer_set.h
  std::string column;                   // empty: "<modality>_tokens"; a name is for one modality alone
  std::string device = "auto";          // where it computes: nn::choose_device
  std::string precision = "fp32";       // or "bf16", "int8", "auto": nn::choose_precision. Quantisers are fp32 always
  bool keep_scalars = true;
  int64_t batch_size = 256;
  bool resume = false;
  int64_t shard = 0, shards = 1;
};

// Writes a dataset with a fixed-size-list column a modality, of uint16 (uint32 where the vocabulary needs it), null
// where the object lacks the modality.
MapResult tokenize(const TokenizeOptions& options);

}  // namespace asterism::infer
