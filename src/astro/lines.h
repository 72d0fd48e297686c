#pragma once
// Rest wavelengths of the lines that redshifts are measured from, vacuum Angstrom. NIST Atomic Spectra Database values
// for the atomic lines, as in the SDSS line list; the blends are flux-weighted means.

#include <span>
#include <string_view>

namespace asterism::astro {

enum class LineKind { emission, absorption, both };

struct Line {
  std::string_view name;  // "Halpha", "[OIII]5007"
  double vacuum_angstrom;
  LineKind kind;  // as usually seen in galaxies and quasars
};

// In order of wavelength.
std::span<const Line> known_lines();

// Rest wavelength by name; UserError names the nearest when unknown.
double line_angstrom(std::string_view name);

}  // namespace asterism::astro
