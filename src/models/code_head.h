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
  // soft_special: special codes are bins in order (of the norm of a spectrum, say), learned from a Gaussian of so many
  // bins about the true one; 0: from it alone. UserError naming `modality` where `by_level` is wanted of a codec
  // without levels. In a fresh model rows begin in the order of their digits (ordered_codes.h).
  CodeHead(const nn::Scope& scope, const std::string& modality, CodeBook book, int64_t width, bool by_level,
           double soft_special = 0);

  // ln p up to a constant of the row, [R, V]; ids that cannot stand at a row's position: -infinity.
  at::Tensor operator()(const at::Tensor& x_RD, const at::Tensor& position_R) const;
  at::Tensor allowed(const at::Tensor& logits_RV, const at::Tensor& position_R) const;

  // Mean -ln p(id), or cross-entropy with soft special targets. Logits of at most `chunk` rows are in memory at once.
  at::Tensor loss(const at::Tensor& x_RD, const at::Tensor& position_R, const at::Tensor& ids_R, int64_t chunk) const;

 private:
  void put_in_order(const nn::Scope& scope);
  at::Tensor of_levels(const at::Tensor& x_RD) const;         // ln p [R, plain codes]
  at::Tensor special_targets(const at::Tensor& ids_R) const;  // [R, special codes], rows sum to 1
  nn::Linear part_of(const nn::Linear& head, int64_t begin, int64_t count) const;
  CodeBook book_;
  bool by_level_ = false;
  double soft_special_ = 0;
  nn::Fsq digits_;
  nn::Linear to_logits_, to_levels_, to_special_;
};

}  // namespace asterism::models
