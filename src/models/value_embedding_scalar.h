#pragma once
// All scalars of a model as vectors: Fourier features of the scaled value, damped where the error makes a period
// meaningless (the mean of sin and cos over a Gaussian error), and of the log error, then a linear map per scalar.
// Fluxes of a group also give the same features of their brightness relative to the object's: the mean over the members
// that are given, weighted by their errors. A colour is a small difference of large numbers, which a network would have
// to learn. Letters: N objects, S scalars, R rows drawn, F features, D width.

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "modalities/block.h"
#include "models/budget.h"
#include "models/draw_key.h"
#include "models/scalar_scale.h"
#include "nn/scope.h"

namespace asterism::models {

struct ScalarEmbeddingSettings {
  std::vector<std::string> names, scales;  // scales: "auto", "linear", "asinh" or "rank"
  std::vector<double> input_noise;         // in units of the error, in training
  std::vector<std::string> groups;         // empty text: of none; empty list: none has any
  int64_t width = 128, features = 16;
  double finest = 0.02;                 // shortest period; the longest is 16
  std::vector<double> hide_error = {};  // share of the values that lose their error in training; empty: none does
};

class ValueEmbeddingScalar {
 public:
  ValueEmbeddingScalar(const nn::Scope& scope, ScalarEmbeddingSettings settings);

  // Fits the scales of the scalars that `sample` holds (UserError for one it lacks).
  void fit(const modalities::Batch& sample);

  // Rows of scalar s are rows[s]; -> [R, D] in the order of s, then of its rows. UserError before fit.
  at::Tensor embed(const std::vector<const modalities::ScalarBlock*>& blocks, const std::vector<const Rows*>& rows,
                   const std::vector<uint64_t>& hashes, const DrawKey& key) const;

  const std::vector<std::string>& names() const { return settings_.names; }

 private:
  struct Drawn;
  ScalarScale scale(size_t s) const;
  Drawn draw(const std::vector<const modalities::ScalarBlock*>& blocks, const std::vector<const Rows*>& rows,
             const std::vector<uint64_t>& hashes, const DrawKey& key) const;
  at::Tensor waves(const at::Tensor& value_R, const at::Tensor& error_R) const;
  at::Tensor features(const Drawn& drawn) const;  // [R, F]

  ScalarEmbeddingSettings settings_;
  std::vector<int64_t> group_;  // of each scalar, -1: none
  int64_t groups_ = 0;
  at::Tensor frequencies_, amplitudes_, error_frequencies_;
  at::Tensor weight_SFD_, bias_SD_;
  at::Tensor kind_S_, centre_S_, width_S_, softening_S_, knots_SK_;  // buffers, float64 (kind: int64)
};

}  // namespace asterism::models
