#pragma once
// Units as text: VOUnits 1.1 ("10**-17 erg.s**-1.cm**-2.Angstrom**-1"), and the usual ways to write the same ("erg s-1
// cm-2 / Angstrom", "1e-17 erg/s/cm^2/Angstrom", "km/s").

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace asterism::astro {

// What a unit measures: powers of metre, kilogram, second, kelvin, ampere, radian, magnitude, count, photon, electron,
// adu, pixel. A flux density in Jy and one in nanomaggies (AB: 1 nanomaggy is 3.631 uJy) measure the same.
inline constexpr int kUnitDimensions = 12;

struct Unit {
  double factor = 1;  // times the product of the base units
  std::array<double, kUnitDimensions> powers{};
  std::string function;  // "log" for log(...): comparable with itself alone
  bool same_quantity(const Unit& other) const;
};

// DataError saying what is not understood. "" and "-" are pure numbers, "%" is 0.01.
Unit parse_unit(std::string_view text);

// What a value in `from` must be multiplied with to be one in `to`. DataError when they measure different things (a
// magnitude is no flux: see photometry.h) or a logarithm's argument would change.
double unit_factor(std::string_view from, std::string_view to);
// The same, and nothing where there is no such factor.
std::optional<double> find_unit_factor(std::string_view from, std::string_view to);
// Whether a value in one is the same number in the other, to 1e-9.
bool same_unit(std::string_view a, std::string_view b);

}  // namespace asterism::astro
