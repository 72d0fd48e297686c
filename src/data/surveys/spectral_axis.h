#pragma once
// The wavelengths of a spectrum or a cube as a file tells them, brought to what every spectrum here has: Angstrom, in
// vacuum.

#include <cstdint>
#include <string>
#include <vector>

#include "io/fits.h"

namespace asterism::data {

struct SpectralAxis {
  std::vector<double> values;  // NaN: no number there
  std::string unit;            // "" where the file does not say it
  bool log10 = false;          // the values are logarithms of wavelengths
  bool air = false;            // the file says that they are in air
};

// Axis `axis` (from 1) of an image of n pixels along it: CRVAL + (pixel - CRPIX) CDELT (or CDi_i), as FITS and IRAF
// write it (DC-FLAG: of log10); with "-LOG" in CTYPE evenly in the logarithm (Greisen et al. 2006, A&A 446, 747, eq.
// 5); AWAV is in air. DataError naming `where` for an axis without such keywords and one of something else: frequency,
// velocity, IRAF's MULTISPE.
SpectralAxis spectral_axis(const io::FitsHdu& hdu, int axis, int64_t n, const std::string& where);

// What a mapping says of wavelengths.
struct WavelengthWords {
  std::string unit;  // "": as the file says, else Angstrom
  bool air = false, log10 = false;
};

// Factor from the axis' unit to Angstrom. DataError where file and mapping contradict each other.
double angstrom_factor(const SpectralAxis& axis, const WavelengthWords& words, const std::string& where);
// Wavelengths in vacuum; NaN where there is none.
std::vector<double> vacuum_angstrom(const SpectralAxis& axis, const WavelengthWords& words, const std::string& where);

}  // namespace asterism::data
