#include "data/surveys/spectral_axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "astro/units.h"
#include "astro/wavelength.h"
#include "base/error.h"

namespace asterism::data {
namespace {

// What CTYPE calls axes that are no wavelengths: FITS (Greisen et al. 2006, table 1), AIPS, IRAF.
constexpr std::array<std::string_view, 13> kOthers = {"FREQ", "ENER", "WAVN", "VRAD", "VOPT",     "ZOPT",  "VELO",
                                                      "FELO", "BETA", "RA",   "DEC",  "MULTISPE", "STOKES"};

}  // namespace

SpectralAxis spectral_axis(const io::FitsHdu& hdu, int axis, int64_t n, const std::string& where) {
  const auto key = [&](const char* word) { return fmt::format("{}{}", word, axis); };
  std::string type = hdu.text(key("CTYPE")).value_or(""), rule;
  if (const size_t bar = type.find('-'); bar != std::string::npos) {
    rule = type.substr(type.find_last_of('-') + 1);
    type.resize(bar);
  }
  const bool other = std::find(kOthers.begin(), kOthers.end(), type) != kOthers.end();
  const bool of_fits = type == "WAVE" || type == "AWAV";  // the rules are FITS' own
  if (other || (of_fits && !rule.empty() && rule != "LOG"))
    base::data_error("{}: {} is '{}': wavelengths are read, evenly spaced or evenly in their logarithm", where,
                     key("CTYPE"), hdu.text(key("CTYPE")).value_or(""));
  const auto first = hdu.number(key("CRVAL"));
  const std::string matrix = fmt::format("CD{0}_{0}", axis);
  const auto step = hdu.number(matrix) ? hdu.number(matrix) : hdu.number(key("CDELT"));
  if (!first || !step || !(*step != 0) || !std::isfinite(*first) || !std::isfinite(*step))
    base::data_error("{}: no wavelengths: the header has no {} with {} or {}, and `wavelength` names no HDU", where,
                     key("CRVAL"), key("CDELT"), matrix);
  const double reference = hdu.number(key("CRPIX")).value_or(1);
  SpectralAxis out;
  out.unit = hdu.text(key("CUNIT")).value_or("");
  out.log10 = axis == 1 && hdu.integer("DC-FLAG").value_or(0) == 1;
  out.air = type == "AWAV";
  const bool logarithmic = of_fits && rule == "LOG";
  if (logarithmic && !(*first > 0)) base::data_error("{}: {} is {}", where, key("CRVAL"), *first);
  for (int64_t i = 0; i < n; ++i) {
    const double offset = (double(i + 1) - reference) * *step;
    out.values.push_back(logarithmic ? *first * std::exp(offset / *first) : *first + offset);
  }
  return out;
}

double angstrom_factor(const SpectralAxis& axis, const WavelengthWords& words, const std::string& where) {
  const bool log10 = words.log10 || axis.log10;
  if (words.unit.empty()) return axis.unit.empty() || log10 ? 1 : astro::unit_factor(axis.unit, "Angstrom");
  if (!log10 && !axis.unit.empty() && !astro::same_unit(axis.unit, words.unit))
    base::data_error("{}: wavelengths in '{}', the mapping says '{}'", where, axis.unit, words.unit);
  return astro::unit_factor(words.unit, "Angstrom");
}

std::vector<double> vacuum_angstrom(const SpectralAxis& axis, const WavelengthWords& words, const std::string& where) {
  const double factor = angstrom_factor(axis, words, where);
  std::vector<double> out;
  out.reserve(axis.values.size());
  for (const double value : axis.values) {
    const double angstrom = (words.log10 || axis.log10 ? std::pow(10, value) : value) * factor;
    out.push_back((words.air || axis.air) && angstrom > 2000 ? astro::vacuum_of_air(angstrom) : angstrom);
  }
  return out;
}

}  // namespace asterism::data
