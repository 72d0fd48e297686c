#pragma once
// The tokens of one modality of every object: what `asterism tokenize` does.

#include <filesystem>
#include <string>

#include "infer/map_dataset.h"

namespace asterism::infer {

struct TokenizeOptions {
  std::filesystem::path tokenizer, dataset, out;
  std::string modality;  // what it reads
  std::string column;    // empty: "<modality>_tokens"
  bool keep_scalars = true;
  int64_t batch_size = 256;
  bool resume = false;
  int64_t shard = 0, shards = 1;
};

// Writes a dataset with a fixed-size-list column of uint16 (uint32 where the vocabulary needs it), null where the
// object lacks the modality.
MapResult tokenize(const TokenizeOptions& options);

}  // namespace asterism::infer
