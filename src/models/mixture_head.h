#pragma once
// Hidden rows to a continuous distribution of a scalar: a mixture of logistic distributions of its scaled value (a
// mixture density network, Bishop 1994), trained by its likelihood. Beside bins: no grid limits its sharpness, and
// values beyond the training range keep a density. Keys "to_mixture.weight" [3 K, D], ".bias" [3 K] (ln weights,
// places, ln spreads) and the buffer "scale" [4] (F64: kind, centre, width, softening; kind as in
// value_embedding_scalar.h). Letters: R rows, K components, D width.

#include <ATen/ATen.h>

#include <string>

#include "modalities/block.h"
#include "models/scalar_mixture.h"
#include "nn/linear.h"

namespace asterism::models {

class MixtureHead {
 public:
  MixtureHead() = default;
  // `scale`: "auto", "linear" or "asinh".
  MixtureHead(const nn::Scope& scope, std::string modality, std::string scale, int64_t components, int64_t width);

  // Learns the scale; one that is known (loaded) stays.
  void fit(const modalities::ScalarBlock& block);

  // Mean -ln density of values (float64 [R], in their own unit) in units of the scale: a constant away from the
  // likelihood of linear scalars. UserError before fit.
  at::Tensor loss(const at::Tensor& x_RD, const at::Tensor& value_R) const { return -log_p(x_RD, value_R).mean(); }
  at::Tensor log_p(const at::Tensor& x_RD, const at::Tensor& value_R) const;  // the same of each, not its negative: [R]
  ScalarMixture mixture(const at::Tensor& x_RD) const;

 private:
  struct Parts {
    at::Tensor log_weight_RK, place_RK, log_spread_RK;
  };
  Parts parts(const at::Tensor& x_RD) const;
  ScalarScale scale() const;
  std::string modality_, wanted_scale_;
  nn::Linear to_mixture_;
  at::Tensor first_places_K_, scale_4_;
};

}  // namespace asterism::models
