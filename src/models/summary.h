#pragma once
// The short path of a tower: what anyone would measure first (fluxes in rings, a binned spectrum), each number scaled
// by what is usual and known to a small part of its spread, straight to the tower's answer. A mean over patches loses
// such numbers: each patch is rounded by its own noise, and a colour is a small difference of large sums. Wide and deep
// learning (Cheng et al. 2016) is this for tables. Letters: N objects, H width.

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

#include "modalities/block.h"
#include "models/draw_key.h"
#include "nn/mlp.h"

namespace asterism::models {

// How wrong calibrations may be, so that training relies on nothing finer: the relative error of a flux, drawn anew for
// every object and epoch. What errors are said to be is wrong by a factor, ten times as large.
struct Jitter {
  double size = 0;               // 0: nothing is drawn
  std::vector<uint64_t> hash_N;  // ObjectKey::hash of the objects
  DrawKey key = {.training = false};
  double noise = 0;  // added to every scaled number of a summary in training, in its spreads: for few objects
  bool drawn() const { return size > 0 && key.training; }
  // `count` normal numbers an object, times the size, from (seed, epoch, object, modality): [N, count], float64.
  at::Tensor operator()(const std::string& modality, int64_t count) const;
  // x [N, ...] with that noise; x itself where there is none.
  at::Tensor noised(const at::Tensor& x, const std::string& modality) const;

 private:
  at::Tensor normals(const std::string& modality, int64_t count, const char* purpose) const;
};
inline constexpr double kErrorJitter = 10;  // of the logarithm of an error, in units of Jitter::size

class Summary {
 public:
  virtual ~Summary() = default;
  // Learns what is usual from a sample. UserError where the block is of another kind, or no object of it is seen.
  virtual void fit(const modalities::Block& sample) = 0;

  struct Output {
    at::Tensor vectors_NH;        // zero where nothing is seen
    std::vector<uint8_t> seen_N;  // 1: at least one good pixel
  };
  // In float32 at least, whatever surrounds it computes in. UserError before fit.
  virtual Output operator()(const modalities::Block& block, const Jitter& jitter) const = 0;
};

// From H linear combinations of scaled numbers: half of them through GELU, half through sines of rising frequency
// (numbers known to a hundredth of their spread want features as fine: Tancik et al. 2020; Sitzmann et al. 2020), and a
// residual MLP. Linear: those combinations as they are, for objects too few to learn more from.
struct SummaryNetwork {
  SummaryNetwork(const nn::Scope& scope, int64_t width, bool linear = false);  // even
  at::Tensor operator()(const at::Tensor& x_NH) const;                         // -> [N, H]
  at::Tensor frequencies;                                                      // [H / 2]
  nn::Mlp mlp;
  bool linear;
};

// Columns of x over the rows that `seen` marks (same shape, 0 or 1): mean and spread, [2, columns], float64; columns
// without two rows, or without spread: 0 and 1.
at::Tensor usual(const at::Tensor& x, const at::Tensor& seen);
// (x - mean) / spread, within what a network can bear, 0 where not seen.
at::Tensor scaled(const at::Tensor& x, const at::Tensor& usual_2K, const at::Tensor& seen);
// The median of x where seen, 0 without any.
double median_of(const at::Tensor& x, const at::Tensor& seen);

}  // namespace asterism::models
