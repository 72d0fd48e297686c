#pragma once
// Wavelengths. Inside Asterism they are vacuum, Angstrom, observed frame.

#include <cstdint>
#include <span>
#include <vector>

namespace asterism::astro {

inline constexpr double kLightSpeedKms = 299792.458;

// Index of refraction of standard dry air (15 C, 101,325 Pa) at a vacuum wavelength: Ciddor (1996), Appl. Opt. 35,
// 1566, as adopted by the VALD and SDSS. Valid from 2,000 A up (CheckError below).
double refractive_index_of_air(double vacuum_angstrom);

double air_of_vacuum(double vacuum_angstrom);
double vacuum_of_air(double air_angstrom);  // by iteration, to 1e-10 of the wavelength

// The formula of Morton (1991, ApJS 77, 119; the IAU standard), which SDSS used for its line lists: within 2e-6 of
// Ciddor.
double air_of_vacuum_morton(double vacuum_angstrom);

// n wavelengths from 10^log_first in steps of `log_step` dex (SDSS: 1e-4), and n from `first` in steps of `step`.
std::vector<double> log_grid(double log_first, double log_step, int64_t n);
std::vector<double> linear_grid(double first, double step, int64_t n);

// Flux density on a new grid by linear interpolation; zero outside the old one. Both grids strictly increasing.
std::vector<double> interpolate(std::span<const double> x, std::span<const double> y, std::span<const double> x_new);

// Index i of the last entry with grid[i] <= x; -1 before the first.
int64_t find_interval(std::span<const double> grid, double x);

}  // namespace asterism::astro
