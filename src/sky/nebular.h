#pragma once
// The continuum of gas that young stars ionise.

namespace asterism::sky {

// Light per Angstrom of hydrogen and helium at 10,000 K over that of H beta (1/Angstrom), at a rest wavelength:
// recombination and free-free emission as hydrogen's (helium adds a tenth), two-photon decay at low density. About
// 1/1000 at H beta; five times that below the Balmer edge.
double nebular_continuum(double angstrom);

// Luminosity of H beta (erg/s) for one solar mass formed a year: H alpha of Kennicutt & Evans 2012 over 2.86.
inline constexpr double kHbetaPerSfr = 1.86e41 / 2.86;

}  // namespace asterism::sky
