#pragma once
// Which stars a simple stellar population of one age and metallicity consists of. Analytic and approximate:
// main-sequence lifetimes of Raiteri, Villata & Navarro (1996, A&A 315, 105, eq. 3), zero-age luminosities and radii
// of Tout et al. (1996), and for each later phase a luminosity, a temperature and a duration, populated at the rate at
// which stars leave the main sequence (the fuel-consumption way of Renzini & Buzzoni 1986). Initial mass function of
// Chabrier (2003), 0.1 to 100 solar masses.

#include <vector>

namespace asterism::sky {

struct StarBin {
  double number = 0;      // stars per solar mass formed
  double luminosity = 0;  // solar
  double teff_k = 0, log_g = 0;
};

std::vector<StarBin> isochrone(double age_yr, double fe_h);

// Stars per unit mass, per solar mass formed.
double initial_mass_function(double mass);

// Main-sequence lifetime in years.
double lifetime_yr(double mass, double fe_h);

// Mass in living stars and remnants per solar mass formed (remnants: 0.08 m + 0.49 below 8.5 solar masses, 1.4 to 25,
// 0.24 m beyond: Renzini & Ciotti 1993).
double surviving_mass(double age_yr, double fe_h);

}  // namespace asterism::sky
