#pragma once
// The mock sky as a simulator: pairs of parameters and observation, each one vector, for simulation-based inference.

#include <string>
#include <vector>

#include "modalities/block.h"
#include "sky/objects.h"

namespace asterism::sky {

// The population of the pairs: the galaxies of these settings alone, so that every parameter exists.
SkySettings simulator_population(SkySettings settings);

// Adds to a batch of galaxies (observe, observe_scalars):
//   parameters   redshift, log_stellar_mass, age_gyr, log_metallicity, dust_av, log_ssfr, bulge_fraction,
//                half_light_radius, axis_ratio, in this order and the units of those columns
//   observation  of every band of the surveys, in order of the column's name: flux, then its error, nanomaggies
// UserError where the batch has no fluxes: a spectrum alone is its own observation, and no vector is made of it.
void add_pairs(modalities::Batch& batch);

std::vector<std::string> parameter_names();
std::vector<std::string> observation_names(const modalities::Batch& batch);  // "flux_g", "flux_g_error", "flux_i" ...

}  // namespace asterism::sky
