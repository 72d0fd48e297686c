#pragma once
// The table that turns codes of a tokenizer into vectors. In a fresh model codes that are steps of a number begin in
// order (ordered_codes.h); others, of images and spectra, begin each with a vector of its own.

#include "nn/embedding.h"
#include "tokenizers/tokenizer.h"

namespace asterism::models {

// "weight" [codes, width] under `scope`, of mean square 0.25.
nn::Embedding code_table(const nn::Scope& scope, const tokenizers::Tokenizer& codec, int64_t width);

}  // namespace asterism::models
