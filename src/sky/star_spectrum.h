#pragma once
// A compact model of stellar spectra: no data files, continuous in temperature, gravity and metallicity.
//
// A grey atmosphere (T^4 = 3/4 Teff^4 (tau + q(tau))) is seen, at each wavelength, down to where the optical depth
// there is 2/3. The opacity relative to the mean is the sum of H-minus and hydrogen bound-free and free-free continua
// (so the Balmer and Paschen jumps come by themselves), line blanketing, Balmer, Paschen and Lyman lines with Stark
// wings, the strong metal lines at their true wavelengths, a fixed pattern of weak ones, and the molecules CH, CN, MgH,
// TiO, VO, CaH, H2O, CO. Its eighteen free strengths were fitted to the ugriz colours of the main sequence (Covey et
// al. 2007): within 0.1 mag from 3,000 to 30,000 K, u - g within 0.3; those of hot stars' ultraviolet to the U - B,
// bolometric corrections and spectral slopes (1,500 to 3,300 A) of B and O dwarfs: within 0.1, 0.25 and, over the visual,
// 0.5 mag. Limits: cool stars are too bright beyond 1 um (z - J by 0.1 mag at 4,500 K, 0.5 at 3,400 K); no departures from LTE, no individual
// abundances, no emission, no dust shells; line strengths are right in order of magnitude and in their trends, not to
// the precision of an analysis.

#include <vector>

#include "sky/grid.h"

namespace asterism::sky {

// Opacity patterns that do not depend on the star, one per cell of one grid.
class StarModel {
 public:
  StarModel();
  // Surface flux density per Angstrom divided by sigma Teff^4: its integral over all wavelengths is 1.
  // teff 2,500 to 60,000 K; log_g 0 to 6; fe_h -3 to 0.5.
  ModelSpectrum spectrum(double teff_k, double log_g, double fe_h) const;

 private:
  struct Patterns;
  static Patterns make_patterns(bool fine);
  static void emergent(const Patterns& patterns, double teff_k, double log_g, double fe_h, std::vector<float>& flux);
  struct Patterns {
    std::vector<float> angstrom;
    std::vector<float> h_minus_bound_free, h_minus_free_free;  // the second per (T / 6000)^-0.2
    std::vector<float> hydrogen[6];                            // bound-free from level n + 1, before its population
    std::vector<float> blanket, ultraviolet;                   // of cool stars; of hot stars
    std::vector<float> balmer[3], paschen[3], lyman;           // at three gravities
    std::vector<std::vector<float>> kinds;                     // by StarLines kind
  };
  Patterns coarse_, fine_;
};

}  // namespace asterism::sky
