#pragma once
// A learned code book: every vector becomes the number of its nearest entry (van den Oord et al. 2017). The entries are
// not trained by gradient, they follow the running mean of the vectors that chose them.

#include "nn/quantise.h"
#include "nn/scope.h"

namespace asterism::nn {

struct VqSettings {
  int64_t codes = 1024, width = 8;  // K entries of d numbers
  bool cosine = true;               // nearest by angle: vectors and entries have length 1
  double decay = 0.99;              // of the running means
  double commitment = 0.25;         // weight of mean (z - code)^2, which keeps the vectors near their entries
  // An entry that is chosen less often than so many times its fair share (vectors of a batch / K) is dead and begins
  // anew at one of the batch's vectors; 0: never. 4M divides by 32.
  double restart_share = 1.0 / 32;
};

// Buffers: "codebook" [K, d], "share" [K] (running number of vectors an entry got per batch), "sum" [K, d] (running sum
// of these), "batches" []. While gradients are recorded the entries follow the batch; otherwise nothing changes. The
// first batch gives the entries their start. Which vectors start or restart an entry is a function of (seed of the
// scope, batches seen).
class VectorQuantiser {
 public:
  VectorQuantiser() = default;
  VectorQuantiser(const Scope& scope, const VqSettings& settings);  // UserError: fewer than 2 codes

  Quantised operator()(const at::Tensor& z) const;  // [..., d]; figures "codes_restarted"
  at::Tensor codes(const at::Tensor& ids) const;    // [...] -> fp32 [..., d]; ids out of range: UserError
  // The differentiable part alone, towards entries that are held fixed: [...] of the nearest.
  at::Tensor penalty(const at::Tensor& z, const at::Tensor& ids) const;
  int64_t vocabulary() const { return settings_.codes; }
  int64_t dimensions() const { return settings_.width; }

 private:
  at::Tensor on_sphere(const at::Tensor& z) const;  // as it is where not cosine
  at::Tensor nearest(const at::Tensor& z_ND) const;
  int64_t follow(const at::Tensor& z_ND, const at::Tensor& ids_N) const;  // entries that were restarted
  at::Tensor some_of(const at::Tensor& z_ND, int64_t count) const;        // [count, d]

  VqSettings settings_;
  uint64_t seed_ = 0;
  at::Tensor codebook_, share_, sum_, batches_;
};

}  // namespace asterism::nn
