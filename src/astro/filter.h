#pragma once
// Filter curves and what a detector behind them measures. A photon counter, as all of ours: the AB magnitude of a
// spectrum is -2.5 log10( int f_lambda R lambda dlambda / int f_AB R lambda dlambda ) (Bessell & Murphy 2012), where R
// is the fraction of photons that are counted and f_AB = 3631 Jy c / lambda^2.

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace asterism::astro {

// f_lambda in erg/s/cm^2/A of a source of AB magnitude 0.
double ab_flux_density(double wavelength_angstrom);

class Filter {
 public:
  // Wavelengths in Angstrom, strictly increasing; responses finite and >= 0, not all 0 (DataError naming `name`).
  Filter(std::string name, std::vector<double> wavelength_angstrom, std::vector<double> response);

  const std::string& name() const { return name_; }
  const std::vector<double>& wavelength_angstrom() const { return wavelength_; }
  const std::vector<double>& response() const { return response_; }

  // Pivot: square root of int R lambda dlambda / int R / lambda dlambda. Effective, as speclite defines it: the mean
  // wavelength of the photons counted from a source of constant f_lambda, int R lambda^2 dlambda / int R lambda
  // dlambda.
  double pivot_wavelength() const;
  double effective_wavelength() const;
  // Between the outermost points where the response is half of its maximum.
  double full_width_half_maximum() const;

  // Response at any wavelength, linear between the points, zero outside.
  double at(double wavelength_angstrom) const;

  // Flux in nanomaggies of a spectrum (erg/s/cm^2/A, wavelengths strictly increasing), which is taken as linear between
  // its points and zero outside. Integrated on the points of both tables.
  double nanomaggies(std::span<const double> wavelength_angstrom, std::span<const double> flux) const;

 private:
  std::string name_;
  std::vector<double> wavelength_, response_;
  double ab_integral_ = 0;  // int f_AB R lambda dlambda
};

// Reads an ECSV table with columns `wavelength` (nm, micron or Angstrom) and `response`, as the package speclite ships
// them. DataError names file, line and value.
Filter read_filter(const std::filesystem::path& path);

// A filter of the installed set, "decam2014-g", or of acs_filter.h; read once and kept. UserError names the nearest
// when there is no such file.
const Filter& filter(const std::string& name);

}  // namespace asterism::astro
