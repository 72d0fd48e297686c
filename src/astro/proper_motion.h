#pragma once
// Where an object is in another year.

#include "astro/sphere.h"

namespace asterism::astro {

// Angular motion: east (with the factor cos dec, as Gaia and Hipparcos publish it) and north.
struct ProperMotion {
  double pmra_mas_yr = 0, pmdec_mas_yr = 0;
};

// The position after so many years of straight motion in space at constant distance, without parallax and radial
// velocity: the direction of r + t (mu_E east + mu_N north) (ESA 1997, The Hipparcos Catalogue, vol. 1, eq. 1.2.16).
SkyPosition moved(SkyPosition p, ProperMotion motion, double years);

}  // namespace asterism::astro
