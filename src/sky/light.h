#pragma once
// How bright an object is in every band, from its truth alone: total fluxes without noise, by the tables of library.h.

#include "sky/objects.h"
#include "sky/photometry_table.h"
#include "sky/stellar_population.h"

namespace asterism::sky {

struct ObjectLight {
  BandFluxes total{};          // nanomaggies
  BandFluxes bulge{}, disc{};  // of a galaxy; the emission lines belong to the disc
  double scale = 0;            // galaxy: solar masses formed; star, quasar: what its template mixture is multiplied by
};

// Scaled so that total[kDecamR] is what r_magnitude says. Holds the bands of the first group.
ObjectLight light_of(const ObjectTruth& truth);

// Fills in the bands of a further group, from what light_of gave. photometry_of(group) must have been asked for before
// from outside any thread.
void add_light(const ObjectTruth& truth, BandGroup group, ObjectLight& light);

// Solar luminosity (erg/s) over the area of the sphere at the galaxy's luminosity distance (cm^2).
double solar_flux(double redshift);

// Shares of mass by age of the two parts.
struct GalaxyAges {
  double disc[kAgeBins], bulge[kAgeBins];
};
GalaxyAges ages_of(const GalaxyTruth& galaxy);

// Star formation of the last 20 Myr over the mass formed in all, 1/yr.
double recent_star_formation(const GalaxyTruth& galaxy, const GalaxyAges& ages);

// Fills in what follows from the rest: stellar mass, specific star-formation rate, mean age, metallicity and dust,
// bulge fraction, mean Sersic index, half-light radius, axis ratio and velocity dispersions.
void finish_galaxy(ObjectTruth& truth, const ObjectLight& light, const GalaxyAges& ages);

}  // namespace asterism::sky
