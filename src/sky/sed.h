#pragma once
// The spectrum of an object as it arrives: the same light as light.h, at full resolution.

#include <vector>

#include "sky/light.h"

namespace asterism::sky {

struct SedLine {
  double observed_angstrom = 0, flux = 0;  // 1e-17 erg/s/cm^2
  double sigma_kms = 0;
};

// Flux density at (1 + z) times the wavelengths of the grids of grid.h, in 1e-17 erg/s/cm^2/A, and the emission lines
// of a galaxy, which are not in it.
struct Sed {
  ModelSpectrum continuum;  // coarse is filled only when asked for
  std::vector<SedLine> lines;
};

// The light of the disc and of the bulge enter with these shares (1, 1: all of it); a point source takes the first.
// `fine_low`, `fine_high`: observed Angstrom between which the fine grid is filled (cells elsewhere stay 0).
Sed sed_of(const ObjectTruth& truth, const ObjectLight& light, double disc_share, double bulge_share, bool with_coarse,
           double fine_low = 0, double fine_high = 1e9);

// The continuum on the coarse grid alone, all of the light, as in Sed: emission lines of galaxies are not in it.
std::vector<float> coarse_sed(const ObjectTruth& truth, const ObjectLight& light);

// Nanomaggies of a spectrum that holds its coarse grid, lines included: the check on light.h.
double nanomaggies_of(const Sed& sed, double redshift, BandId band);

}  // namespace asterism::sky
