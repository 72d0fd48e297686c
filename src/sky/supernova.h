#pragma once
// Light of exploding stars by simple models: a light curve in B at rest, and around it the colours of a cooling black
// body. Not fitted to spectra: for light curves through broad bands alone.

namespace asterism::sky {

enum class Explosion { ia, ii, ibc };

struct SupernovaTruth {
  Explosion kind = Explosion::ia;
  double peak_mjd = 0;              // maximum in B
  double absolute_magnitude = -19;  // AB, B at rest, at maximum, dust inside the galaxy included
  double stretch = 1;               // of time
  double reddening = 0;             // E(B-V) of the galaxy's dust and, of type Ia, of its own colour
};

// Flux density over that of B at maximum, both f_nu, at days since maximum and a wavelength, both at rest. 0 before the
// explosion.
//   Ia: rises as x^2 exp(2 (1 - x)) in 18 days, declines 1.1 mag in 15 days, then 0.09 and 0.0155 mag/day; 10,000 K at
//       maximum, 6,000 K from day 30 on; blanketed below 4,000 A; a second maximum beyond 6,800 A at day 25.
//   II: rises in 7 days; plateau of 100 days, falling by 0.02 mag/day in B; a drop of 2 mag; tail of 56Co, 0.0098
//   mag/day;
//       15,000 K cooling to 6,000 K within 30 days.
//   Ibc: as Ia, in 20 days, 0.9 mag in 15 days, 8,000 to 5,000 K, without the second maximum.
double supernova_shape(Explosion kind, double day, double rest_angstrom);

// Nanomaggies at an observed wavelength: of the model, at the luminosity distance of the redshift.
double supernova_flux(const SupernovaTruth& supernova, double redshift, double mjd, double observed_angstrom);

}  // namespace asterism::sky
