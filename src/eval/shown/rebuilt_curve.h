#pragma once
// A spectrum and what came back of it, as curves: observed, rebuilt, and the difference in units of the noise.

#include <cstdint>
#include <utility>
#include <vector>

#include "eval/residual.h"
#include "modalities/block.h"

namespace asterism::eval {

// Row of two blocks of one length (CheckError), as at most `most_points` points: means of as many neighbouring pixels
// as that takes, weighted by inverse variance. Good are pixels that are masked in neither; a point without one is NaN
// in all but its wavelength. `residual` is that of the mean, (observed - rebuilt) / sigma. Padding is left out.
struct RebuiltCurve {
  std::vector<double> wavelength_angstrom, observed, rebuilt, residual;
  std::vector<std::pair<double, double>> masked;  // stretches of pixels that are not good: their ends, Angstrom
  int64_t pixels = 1;                             // of a point
  ChiSquare chi2;                                 // of the pixels
};
RebuiltCurve rebuilt_curve(const modalities::SpectrumBlock& observed, const modalities::SpectrumBlock& rebuilt,
                           int64_t row, int64_t most_points);

// How far residuals are drawn: 5 sigma, or further where more than one in a hundred lies beyond.
double residual_reach(const RebuiltCurve& curve);

}  // namespace asterism::eval
