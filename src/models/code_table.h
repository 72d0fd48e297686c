#pragma once
// The table that turns codes of a tokenizer into vectors. In a fresh model codes that are steps of a number begin in
// order (ordered_codes.h), and those of a finite quantiser by their digits, each in order: alike where their meaning
// is. Others, of a learned code book say, begin each with a vector of its own.

#include "models/budget.h"
#include "nn/embedding.h"
#include "tokenizers/tokenizer.h"

namespace asterism::models {

// "weight" [codes, width] under `scope`, of mean square 0.25; `grid` is that of the codec's tokens.
nn::Embedding code_table(const nn::Scope& scope, const tokenizers::Tokenizer& codec, const Grid& grid, int64_t width);

}  // namespace asterism::models
