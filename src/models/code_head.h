#pragma once
// Hidden rows to the codes of an image or spectrum. Two kinds:
//   "codes"   one logit a code: keys "to_logits.weight" [V, D], ".bias" [V];
//   "levels"  a code of a finite scalar quantiser is a tuple of digits, and each digit has a small head of its own:
//             ln p(code) = sum over d of ln p_d(digit d). 23 logits instead of 1,000 for levels 8, 5, 5, 5. Digits of
//             one token are independent given the hidden row; tokens are not. Keys "to_levels.*" [sum of levels, D]
//             and, where special positions have codes of their own (the norm of a spectrum), "to_special.*" [those, D].
// Letters: R rows, D width, V codes.

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

#include "nn/linear.h"
#include "nn/quantise.h"
#include "tokenizers/tokenizer.h"

namespace asterism::models {

// What codes there are, and where they may stand.
struct CodeBook {
  int64_t vocabulary = 0;       // V: ids are below it
  int64_t special = 0;          // positions before this one are special
  int64_t special_codes = 0;    // special positions hold ids below this
  int64_t plain_codes = 0;      // the others hold ids below this
  std::vector<int64_t> levels;  // the digits of plain codes, least significant first; empty: no product of levels
};

// Of our own image and spectrum codecs and those of AION-1; `special` positions of the grid come first. Lookup-free
// bits are levels of 2. For other codecs: no levels.
CodeBook code_book(const tokenizers::Tokenizer& codec, int64_t special);

class CodeHead {
 public:
  CodeHead() = default;
  // UserError naming `modality` where `by_level` is wanted of a codec without levels.
  CodeHead(const nn::Scope& scope, const std::string& modality, CodeBook book, int64_t width, bool by_level);

  // ln p up to a constant of the row, [R, V]; ids that cannot stand at a row's position: -infinity.
  at::Tensor operator()(const at::Tensor& x_RD, const at::Tensor& position_R) const;
  at::Tensor allowed(const at::Tensor& logits_RV, const at::Tensor& position_R) const;

  // Mean -ln p(id). Logits of at most `chunk` rows are in memory at once. Of "codes": over all V, as trained from the
  // first; ids that cannot stand at a position are not ruled out.
  at::Tensor loss(const at::Tensor& x_RD, const at::Tensor& position_R, const at::Tensor& ids_R, int64_t chunk) const;

 private:
  at::Tensor of_levels(const at::Tensor& x_RD) const;  // ln p [R, plain codes]
  CodeBook book_;
  bool by_level_ = false;
  nn::Fsq digits_;
  nn::Linear to_logits_, to_levels_, to_special_;
};

}  // namespace asterism::models
