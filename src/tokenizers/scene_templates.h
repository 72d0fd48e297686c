#pragma once
// What sources of one kind look like at any wavelength: the flux of each Gaussian of a scene (scene_light.h) at each of
// a few wavelengths, flux = mean + sum_k z_k direction_k, in units of the source's brightness. A band sees a weighted
// mean of the wavelengths, so that whatever it is called, its image follows. Coefficients are the likeliest ones under
// a normal prior, rounded one after the other to their levels while the rest follow along (nearest plane: Babai 1986).
//
// Letters: M sources, C bands, G Gaussians, L wavelengths, K directions, T tokens.

#include <string>
#include <vector>

#include "modalities/block.h"
#include "tokenizers/coefficient_tokens.h"
#include "tokenizers/scene_light.h"

namespace asterism::tokenizers {

// How much each wavelength counts in each band.
class BandWeights {
 public:
  // By wavelength: linear between neighbouring ones (Angstrom, rising) in their logarithm, the mean over the width of
  // the band; beyond the ends as at them.
  explicit BandWeights(const std::vector<double>& wavelengths_angstrom);
  // By name: every band is a wavelength of its own.
  explicit BandWeights(std::vector<std::string> names) : names_(std::move(names)) {}

  int64_t size() const { return int64_t(names_.empty() ? log_wavelengths_.size() : names_.size()); }  // L
  bool by_name() const { return !names_.empty(); }
  const std::vector<double>& log_wavelengths() const { return log_wavelengths_; }
  // float64 [C, L]. UserError naming `reader`: a name that it does not know, or no wavelength.
  at::Tensor of(const std::vector<modalities::Band>& bands, const std::string& reader) const;

 private:
  std::vector<double> log_wavelengths_;
  std::vector<std::string> names_;
};

// What images say of the fluxes, float64: sums over pixels of basis' W basis and basis' W flux (scene_pose.h) of each
// band, 0 where it is missing; the bands' weights; and brightnesses.
struct SceneSums {
  at::Tensor squares_MCGG, products_MCG, weights_CL, brightness_M;
};

class SceneTemplates {
 public:
  SceneTemplates() = default;
  // Makes the parameter "templates" [K+1, G, L] and the statistics of its tokens.
  SceneTemplates(const nn::Scope& scope, SceneKind kind, int64_t directions, int64_t tokens, int64_t token_bits,
                 int64_t wavelengths);

  SceneKind kind() const { return kind_; }
  int64_t directions() const { return templates_.size(0) - 1; }
  const at::Tensor& templates() const { return templates_; }
  CoefficientTokens& tokens() { return tokens_; }
  const CoefficientTokens& tokens() const { return tokens_; }

  // The coefficients, with their tokens: int64 [M, T], levels lying `stretch` times as far from 0. On the CPU.
  at::Tensor code(const SceneSums& sums, double stretch = 1) const;
  // Fluxes of the Gaussians in each band over the brightness [M, C, G], where the templates are; differentiable in
  // them. stretch: float32 [M], of each source's levels; none: 1.
  at::Tensor fluxes(const at::Tensor& ids_MT, const at::Tensor& weights_CL, const at::Tensor& stretch_M = {}) const;

 private:
  SceneKind kind_ = SceneKind::point;
  at::Tensor templates_;
  CoefficientTokens tokens_;
};

// Of the coefficients of directions [K, G, L] about a mean [G, L], float64: the matrix [M, K, K] and the right side
// [M, K] of least squares, without a prior.
struct SceneEquations {
  at::Tensor matrix_MKK, right_MK;
};
SceneEquations scene_equations(const at::Tensor& templates_KGL, const SceneSums& sums);

}  // namespace asterism::tokenizers
