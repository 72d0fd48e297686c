#pragma once
// An observation in a few numbers: enough to tell a faint sample from a bright one, a deep survey from a shallow one,
// one instrument from another.

#include <string>
#include <vector>

#include "modalities/block.h"

namespace asterism::modalities {

struct Trait {
  std::string what;           // "value", "error", "flux in des-g", "noise in des-g", "first wavelength", "points"
  std::string unit;           // "" for a pure number
  bool measured = false;      // what was observed; false: how, and how well
  std::vector<double> value;  // [n], NaN where the object does not tell
};

// Of numbers the value and its error; of images the sum of a band's pixels, their noise (median of at most 64), seeing
// and pixel scale; of spectra and cubes the median flux and noise (of at most 256 values), first and last wavelength;
// of light curves the median and number of the measurements in each band, and the days that they span; of real vectors
// the length. Nothing of tokens, maps and lists of sources. What is masked has no part in it.
std::vector<Trait> traits_of(const Block& block);

}  // namespace asterism::modalities
