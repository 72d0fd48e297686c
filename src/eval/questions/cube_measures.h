#pragma once
// What one reads off a cube, of what was observed and of what came back.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "modalities/block.h"

namespace asterism::eval {

// One spaxel of one cube, plane by plane.
struct Spaxel {
  std::vector<float> flux, ivar;
  std::vector<uint8_t> mask;
};
Spaxel spaxel_of(const modalities::CubeBlock& cubes, int64_t row, int64_t pixel);

// chi^2 per value of every spaxel of a cube that has good values in both; NaN of the others: [height * width].
std::vector<double> spaxel_chi_squares(const modalities::CubeBlock& observed, const modalities::CubeBlock& rebuilt,
                                       int64_t row);
// The median over good values of flux / error of every spaxel; NaN where there is none.
std::vector<double> spaxel_signal_to_noise(const modalities::CubeBlock& observed, int64_t row);

struct MappedLine {
  const char* name;
  double angstrom;  // vacuum, at rest; of doublets the middle
};
std::span<const MappedLine> mapped_lines();

// Flux of a line within 500 km/s of its place, above the mean of what lies 1,300 to 2,600 km/s on either side, in unit
// x Angstrom; the error from ivar. Error 0: the window is not covered, or a value in it is masked.
struct LineFlux {
  double flux = 0, error = 0;
};
LineFlux line_flux(std::span<const float> wavelength_angstrom, const Spaxel& spaxel, double expected_angstrom);

// The map of a line of one cube, observed and rebuilt (at the observed error): [height * width]. Error 0 where it
// cannot be measured in either.
struct LineMap {
  std::vector<LineFlux> observed;
  std::vector<double> rebuilt;
};
LineMap line_map(const modalities::CubeBlock& observed, const modalities::CubeBlock& rebuilt, int64_t row,
                 double expected_angstrom);

}  // namespace asterism::eval
