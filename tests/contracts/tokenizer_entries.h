#pragma once
// The entries of tokenizers/all.cpp at sizes at which a test is quick, with the ways to know bands and to quantise that
// change what they do, and small blocks for each: what the contracts of tokenizers run on.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "modalities/block.h"
#include "tokenizers/all.h"

namespace asterism::test {

struct TokenizerEntry {
  std::string name, modality, settings, label;
};

std::vector<TokenizerEntry> tokenizer_entries();

// A block of the modality's kind with structure, all objects present.
modalities::Block example_for(const std::string& modality, int64_t n, uint64_t seed = 1);

// The object is not there any more.
void hide(modalities::Block& block, int64_t row);

// Every `step`-th value masked, with `value` below the mask. False: blocks of the kind have no mask.
bool mask_some(modalities::Block& block, size_t step, float value);

// All values of a block (fluxes where it has those) in their order, float64; those of masked places among them.
at::Tensor values_of(const modalities::Block& block);

// What a UserError of the function says; "no UserError" where it throws none.
template <class F>
std::string user_error_of(F&& f) {
  try {
    f();
  } catch (const base::UserError& e) {
    return e.what();
  }
  return "no UserError";
}

// One test for each entry, with its tokenizer fitted to 64 objects. A class derived from it names a room of contracts.
class TokenizerEntryTest : public testing::TestWithParam<TokenizerEntry> {
 protected:
  TokenizerEntryTest() : tokenizer_(fresh()) {}
  std::unique_ptr<tokenizers::Tokenizer> fresh() const;
  modalities::Block block(int64_t n, uint64_t seed = 1) const;
  std::unique_ptr<tokenizers::Tokenizer> tokenizer_;
};

}  // namespace asterism::test
