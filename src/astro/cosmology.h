#pragma once
// Distances in a flat universe of matter, a cosmological constant and (by default) no radiation.
// Planck 2018 (VI, arXiv:1807.06209, table 2, TT,TE,EE+lowE+lensing+BAO): H0 = 67.66 km/s/Mpc, Omega_m = 0.3097.

namespace asterism::astro {

struct Cosmology {
  double hubble_kms_mpc = 67.66;
  double omega_matter = 0.3097;
};

// Comoving distance in Mpc: c/H0 times the integral of dz/E(z), by Gauss-Legendre in the variable ln(1 + z), good to
// 1e-9. Redshift >= 0 (CheckError otherwise).
double comoving_distance_mpc(double redshift, const Cosmology& cosmology = {});
double luminosity_distance_mpc(double redshift, const Cosmology& cosmology = {});
double angular_diameter_distance_mpc(double redshift, const Cosmology& cosmology = {});

// 5 log10(d_L / 10 pc); redshift > 0.
double distance_modulus(double redshift, const Cosmology& cosmology = {});

// dV/dz in Mpc^3 per steradian.
double comoving_volume_element(double redshift, const Cosmology& cosmology = {});

// Time since the Big Bang in Gyr (closed form for a flat universe of matter and a constant).
double age_gyr(double redshift, const Cosmology& cosmology = {});

}  // namespace asterism::astro
