#pragma once
// Dust. Each function gives k = A(lambda) / A(V) at a rest vacuum wavelength in Angstrom; flux is multiplied by
// 10^(-0.4 A(V) k).

namespace asterism::astro {

// Starburst galaxies: Calzetti et al. 2000, ApJ 533, 682, equation 4, R_V = 4.05; beyond its range of 0.12-2.2 um
// continued by its slope at the blue end; from 1.6 um on by a power law of index -1.7 (the equation turns negative
// at 2.2 um).
double calzetti(double wavelength_angstrom);

// Star-forming galaxies at redshifts 0.5 to 2: Kriek & Conroy 2013, ApJ 775, L16. Calzetti's curve with a bump at 2,175
// A and a steeper slope, (lambda / 5500)^-0.2 of it, as their mean galaxy has; the bump goes with the slope (their
// equation 3).
double kriek_conroy(double wavelength_angstrom);

// The Milky Way: Cardelli, Clayton & Mathis 1989 with the optical part of O'Donnell 1994, 0.1-3.3 um, R_V = 3.1 by
// default; beyond 3.3 um the infrared power law goes on.
double milky_way(double wavelength_angstrom, double r_v = 3.1);

// The Small Magellanic Cloud, as reddened quasars show it: power law A ~ lambda^-1.2 of Richards et al. 2003 (AJ 126,
// 1131).
double small_magellanic_cloud(double wavelength_angstrom);

// 10^(-0.4 A)
double transmission(double extinction_magnitudes);

}  // namespace asterism::astro
