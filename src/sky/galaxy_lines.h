#pragma once
// Emission lines of galaxies: recombination of hydrogen by the light of young stars, metal lines along the star-forming
// branch of the diagram of Baldwin, Phillips & Terlevich, active nuclei, and the faint lines of old stars.

#include <vector>

#include "sky/objects.h"

namespace asterism::sky {

struct LineLight {
  double rest_angstrom = 0;
  double luminosity = 0;  // erg/s, attenuated by the galaxy's own dust
};

// Of the galaxy per solar mass formed. sfr_per_mass: star formation of the last 20 Myr over the mass formed, 1/yr.
// H alpha is 1.86e41 erg/s per solar mass and year (Kennicutt & Evans 2012); other Balmer lines by case B at 10,000 K;
// [NII], [OIII] by the sequence of Kewley et al. 2013 at z = 0; nebular dust is 1/0.44 of the stellar (Calzetti 2000).
std::vector<LineLight> galaxy_lines(const GalaxyTruth& galaxy, double sfr_per_mass);

}  // namespace asterism::sky
