#pragma once
// Quantisers: real vectors to small integers and back, with gradients that pass straight through. Always in fp32 (fp64
// stays fp64), whatever autocast says: bf16 flips codes. Letters: ... any leading shape, d dimensions of a code, K
// codes.

#include <ATen/ATen.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace asterism::nn {

struct Quantised {
  at::Tensor codes;                           // [..., d] fp32, what a decoder reads; gradients pass to the input
  at::Tensor ids;                             // [...] int64, 0 .. K-1
  at::Tensor penalty;                         // scalar to add to the loss; zero for FSQ
  std::map<std::string, at::Tensor> figures;  // scalars, detached
};

// Finite scalar quantisation (Mentzer et al. 2023): each dimension is bounded and rounded to one of L_i levels.
//   tanh       q = round(tanh(z + shift) * half - offset), half = (L-1)(1+1e-3)/2, offset = 1/2 for even L; code = q /
//   floor(L/2); the paper's and AION's symmetric  q = floor((L-1)(tanh z + 1)/2 + 1/2); code = 2 q/(L-1) - 1; even and
//   odd L alike, L = 2 allowed (Stable Audio) sigmoid    as symmetric with 2 sigmoid(1.6 z) - 1 in place of tanh z:
//   Gaussian inputs fill the levels nearly evenly (iFSQ, arXiv 2601.17124)
// id = sum_i digit_i prod_{j<i} L_j: the first dimension is least significant.
class Fsq {
 public:
  enum class Form { tanh, symmetric, sigmoid };
  Fsq() = default;
  explicit Fsq(std::vector<int64_t> levels,
               Form form = Form::tanh);       // UserError: no levels, L < 2, K > 2^31
  static Form form(const std::string& name);  // "tanh", "symmetric", "sigmoid"; else UserError

  Quantised operator()(const at::Tensor& z) const;  // [..., d]
  at::Tensor digits(const at::Tensor& ids) const;   // [...] -> int64 [..., d]
  at::Tensor ids(const at::Tensor& digits) const;   // [..., d] -> [...]
  at::Tensor codes(const at::Tensor& ids) const;    // [...] -> fp32 [..., d]; ids out of range: UserError
  at::Tensor bounded(const at::Tensor& z)
      const;  // the smooth function that is rounded, in code units: its gradient is what passes through
  int64_t vocabulary() const { return vocabulary_; }
  int64_t dimensions() const { return int64_t(levels_.size()); }
  const std::vector<int64_t>& levels() const { return levels_; }

 private:
  at::Tensor smooth(const at::Tensor& z) const;         // in units of levels, before rounding
  at::Tensor codes_of(const at::Tensor& digits) const;  // [..., d] -> fp32 [..., d]
  std::vector<int64_t> levels_;
  Form form_ = Form::tanh;
  int64_t vocabulary_ = 0;
};

// Lookup-free quantisation (MAGVIT-v2, Yu et al. 2023): code = sign(z), K = 2^d; the first dimension is most
// significant (as AION). penalty = entropy * (E[H(p(c|z))] - diversity * H(E[p(c|z)])) + commitment * mean (z - code)^2
// with p = softmax(2 tau z.c). That softmax is a product over bits, so the first entropy is exact without 2^d terms;
// the second is taken over groups of at most `group_bits` bits.
struct LfqSettings {
  int64_t bits = 10;
  double entropy = 0.1, diversity = 1.0, commitment = 0.25, inverse_temperature = 100;
  int64_t group_bits = 10;
};

class Lfq {
 public:
  Lfq() = default;
  explicit Lfq(LfqSettings settings);  // UserError: bits outside 1..30
  // weight: undefined, or [...] of non-negative numbers: how much each vector counts in the penalty (0 for absent
  // rows).
  Quantised operator()(const at::Tensor& z, const at::Tensor& weight = {}) const;
  at::Tensor codes(const at::Tensor& ids) const;  // [...] -> fp32 [..., d] of +-1; ids out of range: UserError
  // The differentiable part alone, for training and its checks.
  at::Tensor penalty(const at::Tensor& z, const at::Tensor& weight = {}) const;
  int64_t vocabulary() const { return int64_t(1) << settings_.bits; }
  int64_t dimensions() const { return settings_.bits; }

 private:
  LfqSettings settings_;
};

// Binary spherical quantisation (Zhao et al. 2024): u = z / |z|, code = sign(u) / sqrt(d): the vector and its code lie
// on one sphere, so that no code is farther than sqrt(2) and no commitment term is needed. ids as LFQ's; penalty =
// entropy * (E[H(p(c|u))] - diversity * H(E[p(c|u)])) with p(bit = +1) = sigmoid(4 tau u_i / sqrt(d)), as LFQ takes it.
class Bsq {
 public:
  Bsq() = default;
  explicit Bsq(LfqSettings settings);  // of these, commitment is not used. UserError: bits outside 1..30
  Quantised operator()(const at::Tensor& z, const at::Tensor& weight = {}) const;  // weight: as LFQ's
  at::Tensor codes(const at::Tensor& ids) const;  // [...] -> fp32 [..., d] of +-1/sqrt(d); ids out of range: UserError
  at::Tensor penalty(const at::Tensor& z, const at::Tensor& weight = {}) const;
  at::Tensor bounded(const at::Tensor& z) const;  // u: its gradient is what passes through
  int64_t vocabulary() const { return int64_t(1) << settings_.bits; }
  int64_t dimensions() const { return settings_.bits; }

 private:
  LfqSettings settings_;
};

// How evenly codes are used, from ids (any shape): "codes_used" (share of K seen) and "perplexity" (exp of the entropy
// of use).
std::map<std::string, at::Tensor> codebook_use(const at::Tensor& ids, int64_t vocabulary);

}  // namespace asterism::nn
