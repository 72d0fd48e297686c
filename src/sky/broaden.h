#pragma once
// Motions inside an object, as a Gaussian over the fine grid of grid.h.

#include <cmath>
#include <numbers>
#include <vector>

#include "sky/grid.h"

namespace asterism::sky {

inline constexpr double kLightKms = 299792.458;
inline constexpr double kFineCellKms = kFineStep * std::numbers::ln10 * kLightKms;  // width of a cell as a velocity

// Cells first .. last - 1 become the mean of their surroundings, weighted by a Gaussian of this dispersion; others
// stay. Less than a third of a cell changes nothing.
void broaden(std::vector<float>& values, int first, int last, double sigma_kms);

}  // namespace asterism::sky
