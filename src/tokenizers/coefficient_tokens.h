#pragma once
// Coefficients of unequal weight as tokens of equal size: each gets the more levels the more it says, and several share
// a token. Bits are dealt one at a time to the coefficient with the largest remaining squared error (reverse
// water-filling, Cover & Thomas 2006, section 10.3.3) for which a token has room; levels are where the weighted squared
// error is least (Lloyd 1982).

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "nn/scope.h"

namespace asterism::tokenizers {

class CoefficientTokens {
 public:
  CoefficientTokens() = default;
  // K coefficients in T tokens of `token_bits` bits each. Nothing is known of the coefficients yet: all have one level.
  CoefficientTokens(const nn::Scope& scope, int64_t coefficients, int64_t tokens, int64_t token_bits);

  // Learns bits and levels from coefficients [M, K] of weight [M]; those of weight 0 say nothing.
  // Levels are Lloyd's; or, where they are to reach beyond what is there, by this share of its range on either side,
  // evenly spread.
  void fit(const at::Tensor& z_MK, const at::Tensor& weight_M, double beyond = 0);
  at::Tensor ids(const at::Tensor& z_MK) const;       // int64 [M, T], 0 <= id < 2^token_bits: the nearest levels
  at::Tensor values(const at::Tensor& ids_MT) const;  // float32 [M, K]
  at::Tensor nearest(int64_t coefficient, const at::Tensor& z_M) const;  // the nearest of its levels, in z's type
  std::vector<int64_t> bits() const;                                     // of each coefficient
  bool fitted() const { return bits_K_.gt(0).any().item<bool>(); }
  const at::Tensor& variance() const { return variance_K_; }  // of what it was fitted to: float32 [K]

 private:
  int64_t tokens_ = 0, token_bits_ = 0;
  at::Tensor bits_K_, levels_KL_, variance_K_;  // statistics: int64; float32, of which 2^bits count, rising
};

// Where each coefficient lies: its token, and by how many bits it is shifted there; of coefficients without bits 0, 0.
// Empty where they do not fit: the largest first, each into the first token that has room.
struct TokenPlace {
  int64_t token = 0, shift = 0;
};
std::vector<TokenPlace> places_of(const std::vector<int64_t>& bits, int64_t tokens, int64_t token_bits);

}  // namespace asterism::tokenizers
