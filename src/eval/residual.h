#pragma once
// Observed against rebuilt, in units of the noise.

#include <cstdint>
#include <span>

namespace asterism::eval {

// The mean of (flux - model)^2 x ivar over the values that are good in both (mask 0, ivar > 0); `count` of them. NaN
// where there are none. 1 is a model that is right to the noise, below 1 one that follows the noise. `model_mask` may
// be empty.
struct ChiSquare {
  double per_value = 0;
  int64_t count = 0;
};
ChiSquare chi_square(std::span<const float> flux, std::span<const float> ivar, std::span<const uint8_t> mask,
                     std::span<const float> model, std::span<const uint8_t> model_mask);

// Centre of a spectral line, Angstrom: the flux-weighted mean wavelength of flux minus a straight continuum, within
// half_width of `expected`; the continuum is the mean on either side, from half_width to 2 half_width. Emission or
// absorption. `strength` is |line flux| over its error from ivar; 0 where pixels are missing, and the centre is NaN
// then.
struct LineCentre {
  double centre_angstrom = 0, strength = 0, flux = 0;  // flux: of the line above its continuum, unit x Angstrom
};
LineCentre line_centre(std::span<const float> wavelength_angstrom, std::span<const float> flux,
                       std::span<const float> ivar, std::span<const uint8_t> mask, double expected_angstrom,
                       double half_width_angstrom);

}  // namespace asterism::eval
