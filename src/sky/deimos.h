#pragma once
// DEIMOS on Keck II as the DEEP2 survey used it (Newman et al. 2013, ApJS 208, 5): the grating of 1,200 lines, 1"
// slits, an hour. Its files hold electrons that nobody has calibrated: they bend with the throughput and the
// atmosphere, and every slit loses another share of the light and lies elsewhere on the two detectors.

#include "sky/objects.h"
#include "sky/survey.h"

namespace asterism::sky {

// 8,810 pixels of 0.33 A from 6,350 A, vacuum. A slit sees 2,650 A of them; the rest is masked. Full width of the line
// spread 1.3 A; a round aperture of 1.3" stands for the slit and the extraction along it.
const SpectralSurvey& deimos_spectra();

inline constexpr double kDeimosLsfSigma = 0.55;
// Electrons of an hour, between sky lines: 1,450 of a sky of 20.7 mag per square arcsecond, 225 of reading out. It is
// as good as flat, as the sky gets brighter where the throughput falls.
inline constexpr double kDeimosDarkNoise = 41;

// Electrons an hour and pixel of a point source of 1e-17 erg/s/cm^2/A: mirror, throughput (as DEEP2's own calibration
// has it, rounded), what slit, seeing and sky leave of the light (0.45), telluric absorption.
double deimos_electrons(double wavelength_angstrom);

// One object's slit.
struct DeimosSlit {
  double blue_from, blue_to, red_from, red_to;  // Angstrom on the two detectors
  double level, slope, step;                    // ln of what it keeps: everywhere, along the range, from blue to red
  bool sees(double wavelength_angstrom) const;
  double share(double wavelength_angstrom) const;
};
DeimosSlit deimos_slit(const ObjectTruth& truth);

}  // namespace asterism::sky
