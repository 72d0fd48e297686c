#pragma once
// The filters through which the mock sky is measured.

#include <array>
#include <string>
#include <vector>

#include "astro/filter.h"
#include "sky/grid.h"

namespace asterism::sky {

enum BandId { kDecamG, kDecamR, kDecamI, kDecamZ, kWiseW1, kWiseW2, kSdssU, kSdssG, kSdssR, kSdssI, kSdssZ, kBands };

// The name of each filter in the installed set ("decam2014-g").
const std::string& filter_name(BandId band);

// What a band makes of a spectrum on the coarse grid of the observer: nanomaggies = sum over cells of weight * f_lambda
// (erg/s/cm^2/A), for the cells from `first` on.
struct BandWeights {
  int first = 0;
  std::vector<float> weight;
  double pivot_angstrom = 0;
  // Nanomaggies of a line of 1 erg/s/cm^2 at an observed wavelength.
  double of_line(double angstrom) const;
};

// Of all bands, made once.
const std::array<BandWeights, kBands>& band_weights();

}  // namespace asterism::sky
