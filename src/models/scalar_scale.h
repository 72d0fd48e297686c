#pragma once
// A scalar brought to about -2 .. 2 with its error, by statistics of the training side that are kept in the model.

#include <ATen/ATen.h>

#include <cstdint>
#include <string>

#include "modalities/block.h"

namespace asterism::models {

inline constexpr int64_t kRankKnots = 129;

enum class ScaleKind : int64_t { linear = 0, asinh = 1, rank = 2 };

struct ScalarScale {
  ScaleKind kind = ScaleKind::linear;
  double centre = 0, width = 0;   // width 0: not fitted
  double softening = 1;           // asinh: where it turns from linear to logarithmic
  const double* knots = nullptr;  // rank: kRankKnots quantiles, increasing

  struct Scaled {
    double value, error;
  };
  // linear (x - centre) / width; asinh (asinh(x / softening) - centre) / width; rank: 4 (fraction of the training side
  // below x) - 2, straight on beyond its ends. The error goes through the slope at x. Clipped to +-20.
  Scaled operator()(double value, double error) const;
  // asinh scales: asinh(x / softening) - centre, which is a natural logarithm of bright values, and its error. Not
  // divided by the width, so that scalars of one object can be compared.
  Scaled brightness(double value, double error) const;
};

// `setting`: "auto", "linear", "asinh" or "rank". auto takes asinh where the upper tail is over four times as long as
// the lower one. centre and width are robust (median and half of the central 68 %); the softening of asinh is the
// median error, else a twentieth of the central 68 %. `knots` (kRankKnots doubles) is filled for rank. UserError naming
// the modality where no value is present.
ScalarScale fit_scale(const std::string& modality, const modalities::ScalarBlock& block, const std::string& setting,
                      double* knots);

}  // namespace asterism::models
