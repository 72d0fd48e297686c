#pragma once
// What Gaia sees of a point source: G, BP and RP, and the two prism spectra as coefficients.

#include <array>
#include <span>

#include "modalities/block.h"
#include "sky/camera.h"

namespace asterism::sky {

inline constexpr int kXpCoefficients = 55, kXpSamples = 120;

// G, BP, RP in nanomaggies (AB). Errors grow from 1, 11 and 6 thousandths at 17th to 6, 100 and 50 at 20th magnitude,
// as the contents page of Gaia EDR3 states them.
std::array<FluxMeasure, 3> observe_gaia_fluxes(const ObjectTruth& truth, const ObjectLight& light);

// Whether the catalogue has a source, and its prism spectra, where G was measured as this: stars and quasars brighter
// than G = 20.7; spectra of stars brighter than 17.65 as in DR3, and of all its quasars (De Angeli et al. 2023, A&A
// 674, A2). Galaxies are left out: what Gaia has of them are compact cores.
bool gaia_has_source(const ObjectTruth& truth, double g_nanomaggy);
bool gaia_has_spectra(const ObjectTruth& truth, double g_nanomaggy);

// One prism with its basis. Samples are half a pixel apart along the scan, 0 to 60 pixels; the dispersion is a power
// law of wavelength through the published ends, 4 to 32 nm per pixel from 330 to 680 nm (BP) and 7 to 15 from 640 to
// 1,050 nm (RP; Jordi et al. 2010, A&A 523, A48), and a line spreads over 2 pixels (full width).
// The basis is orthonormal over the samples: five model stars (5,750, 4,000, 9,500, 3,200 and 27,000 K) and then
// Hermite functions of (pixel - 30) / 2.8, each freed of those before it. As in DR3 the first coefficient holds most of
// the light; but the functions are not those of DR3, so neither are the coefficients.
struct XpPrism {
  explicit XpPrism(bool red);
  std::array<std::array<double, kXpSamples>, kXpCoefficients> basis{};
  int first_cell = 0;          // of the coarse grid, observer's frame
  int cells = 0;               //
  std::vector<float> weights;  // [sample, cell]: electrons/s per pixel of 1e-17 erg/s/cm^2/A
  // Electrons per second and pixel at each sample, of a spectrum on the coarse grid at rest.
  std::array<double, kXpSamples> seen(std::span<const float> coarse, double redshift) const;
};
const XpPrism& xp_prism(bool red);  // built when first asked for

// One row of bp_coefficients and its error (red: rp_...). Noise: photons and a background of 26 electrons/s per pixel
// over 110 s, which gives the errors that DR3 publishes; they are estimated from what was observed.
void observe_xp(const ObjectTruth& truth, const ObjectLight& light, bool red, modalities::VectorBlock& coefficients,
                modalities::VectorBlock& errors, int64_t row);

}  // namespace asterism::sky
