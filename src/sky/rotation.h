#pragma once
// How galaxies turn: discs by the relation of Tully & Fisher, with a rotation curve that rises and flattens.

#include "sky/objects.h"

namespace asterism::sky {

struct Rotation {
  double velocity_kms = 0;        // of the flat part, in the plane of the disc; 0: nothing turns
  double turnover_arcsec = 1;     // v(r) = velocity tanh(r / turnover)
  double cos_inclination = 1;     // 1: face on
  double position_angle_deg = 0;  // of the major axis, east of north
  double side = 1;                // +1: the end of the major axis towards the position angle recedes
  double fastest_kms() const;     // along the line of sight, without sign

  // Towards us (negative) or away, at x" to the west and y" to the north of the centre.
  double line_of_sight_kms(double x_arcsec, double y_arcsec) const;
};

// Of a galaxy; anything else does not turn. log10 v = 2.13 + 0.25 (log M* - 10) with 0.07 dex of scatter (rounded after
// Reyes et al. 2011, MNRAS 417, 2347), quiescent galaxies at 0.4 of it. The inclination follows from the disc's axis
// ratio and a thickness of 0.18. Drawn with randomness of its own.
Rotation draw_rotation(const ObjectTruth& truth);

}  // namespace asterism::sky
