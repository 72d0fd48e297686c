#pragma once
// Maps of a cube (cube_modes.h) as tokens: of each map how strong it is beside what is usual, then wave after wave the
// maps' coefficients together, several to a token. How many tokens a wave has depends on its frequency alone, so that
// a cube of any size has as many as its size says; which of the maps get their bits is learned, for waves of each
// class.

#include <vector>

#include "nn/scope.h"
#include "tokenizers/coefficient_tokens.h"
#include "tokenizers/cube_modes.h"

namespace asterism::tokenizers {

struct MapSample {  // a cube to learn from
  const CubeModes* modes = nullptr;
  at::Tensor c_JM;
  double weight = 0;
};

class CubeMapTokens {
 public:
  CubeMapTokens() = default;
  // Statistics under `scope`: all maps are as strong, and have no bits.
  CubeMapTokens(const nn::Scope& scope, int64_t maps, std::vector<int64_t> ring_tokens, int64_t token_bits);

  int64_t maps() const { return variance_CJ_.size(1); }
  int64_t rings() const { return int64_t(ring_tokens_.size()); }
  int64_t tokens(const CubeModes& modes) const;       // the maps' strengths and all waves
  at::Tensor variance(const CubeModes& modes) const;  // usual c^2: float64 [J, M]
  void learn_variance(const std::vector<MapSample>& all);
  void fit(const std::vector<MapSample>& all);  // bits and levels; variances are known
  bool fitted() const;

  // Of the strengths of each map that are tried, those that leave the least squares.
  at::Tensor ids(const CubeModes& modes, const at::Tensor& c_JM) const;      // int64 [tokens]
  at::Tensor values(const CubeModes& modes, const at::Tensor& ids_T) const;  // float64 [J, M]
  at::Tensor log_strength(const at::Tensor& ids) const;  // of each id of a strength, the first J of the tokens

 private:
  at::Tensor strength(const CubeModes& modes, const at::Tensor& c_JM) const;  // float64 [J], rounded; and its ids
  at::Tensor strength_ids(const CubeModes& modes, const at::Tensor& c_JM) const;
  at::Tensor best_strength_ids(const CubeModes& modes, const at::Tensor& c_JM) const;
  std::vector<int64_t> ring_tokens_;
  int64_t token_bits_ = 10;
  at::Tensor variance_CJ_;                  // statistic, float32
  std::vector<CoefficientTokens> classes_;  // [C]
};

}  // namespace asterism::tokenizers
