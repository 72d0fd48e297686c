#pragma once
// Units of flux density as FITS headers write them.

#include <optional>
#include <string>

namespace asterism::data {

// The power of ten of a unit of erg/s/cm^2/Angstrom in any of its spellings: "1E-17 erg/cm^2/s/Ang",
// "10**-20 Angstrom-1 cm-2 erg s-1", "10^-17 erg/(s cm2 Angstrom)", "1E-17 erg/s/cm^2/Ang/spaxel" -> 1e-17, 1e-20, ...
// Nothing for another quantity.
std::optional<double> flux_density_scale(const std::string& unit);

// DataError naming `where` and the unit where a header states another unit than `scale` erg/s/cm^2/Angstrom. A header
// that states none passes: the survey's data model fixes the unit.
void need_flux_unit(const std::optional<std::string>& unit, double scale, const std::string& where);

}  // namespace asterism::data
