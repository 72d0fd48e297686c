#pragma once
// Which objects of the mock sky change their light, and how. Drawn with randomness of its own: what an object is, its
// images and spectra, which show the mean light and no explosion, do not depend on it.

#include <span>
#include <vector>

#include "sky/light.h"
#include "sky/objects.h"
#include "sky/supernova.h"

namespace asterism::sky {

enum class VariableClass : uint8_t {
  none = 0,
  supernova_ia = 1,
  supernova_ii = 2,
  supernova_ibc = 3,
  rr_lyrae = 4,
  eclipsing = 5,
  quasar = 6
};

struct VariableTruth {
  VariableClass kind = VariableClass::none;
  SupernovaTruth supernova;            // of explosions, all in the years of cadence.h
  double period_day = 0, phase = 0;    // of RR Lyrae and eclipsing stars; phase at MJD 0, 0 to 1
  double amplitude = 0;                // RR Lyrae: magnitudes in g; eclipsing: depth of the deeper eclipse, of the flux
  double second_depth = 0, width = 0;  // eclipsing: of the other eclipse; half width in phase
  double ellipsoidal = 0;              // eclipsing: half amplitude of the flux between the eclipses
  double log_black_hole_mass = 0;      // quasar: solar masses
  bool explodes() const {
    return kind == VariableClass::supernova_ia || kind == VariableClass::supernova_ii ||
           kind == VariableClass::supernova_ibc;
  }
};

// Shares by SkySettings: supernovae in galaxies (core collapse in star-forming ones alone), RR Lyrae among stars of
// 6,000 to 7,500 K, eclipsing stars, quasars.
//   Ia: -19.25 - 0.14 x1 + 3.1 c + 0.1 N in B, x1 ~ N(0, 1) (0.4 less in quiescent galaxies), stretch 0.98 + 0.091 x1
//   (Guy
//       et al. 2007, A&A 466, 11; Betoule et al. 2014, A&A 568, A22).
//   II: -16.8 +- 0.9; Ibc: -17.3 +- 0.8 (Richardson et al. 2014, AJ 147, 118, rounded); dust E(B-V) of 0.1 on average.
//   RR Lyrae (ab): period 0.57 +- 0.07 days, amplitude falling with it and with wavelength as lambda^-1.28 (Sesar et
//   al.
//       2010, ApJ 708, 717, rounded).
//   Eclipsing: periods 0.3 to 20 days, even in the logarithm; widths of Sun-like pairs.
//   Quasars: a damped random walk in magnitude, structure function and time by mass, luminosity and wavelength after
//       MacLeod et al. 2010 (ApJ 721, 1014, section 5.1).
VariableTruth draw_variable(const ObjectTruth& truth, const SkySettings& settings);

// One moment in one band: the mean flux of the object there and the wavelength where the band lies.
struct Moment {
  double mjd, mean_nanomaggy, wavelength_angstrom;
};

// Flux minus mean flux in nanomaggies at each moment: the same for whoever looks then. Zero where nothing varies. A
// quasar stands still outside the years of cadence.h.
std::vector<double> difference_fluxes(const ObjectTruth& truth, const VariableTruth& variable,
                                      std::span<const Moment> moments);

}  // namespace asterism::sky
