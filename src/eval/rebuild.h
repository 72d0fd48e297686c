#pragma once
// Blocks through a tokenizer and back, on the pixels they came on.

#include "eval/question.h"
#include "tokenizers/tokenizer.h"

namespace asterism::eval {

// Spectra come back on their own wavelengths (by linear interpolation where the objects have differing grids), images
// in their own bands and size; what the tokenizer cannot cover has mask 1.
modalities::Block rebuild(const tokenizers::Tokenizer& tokenizer, const modalities::Block& observed);

// Bits of all tokens of an object: num_tokens x log2(vocabulary).
double bits_of(const tokenizers::Tokenizer& tokenizer);

}  // namespace asterism::eval
