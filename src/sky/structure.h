#pragma once
// What an image shows beyond bulge and disc: spiral arms, bars, mergers, strong lenses and neighbours, at the shares of
// SkySettings, which are 0 unless set. Drawn with randomness of its own: the object, its fluxes and spectra stay what
// they are. Arms, bars, tails and companions of a merger are made of the galaxy's own light, so its total flux is kept;
// a lensed source and a neighbour add light of their own, which the object's fluxes and spectra do not hold.

#include "sky/light.h"
#include "sky/objects.h"

namespace asterism::sky {

enum class Morphology : uint8_t {
  smooth = 0,
  disc = 1,
  spiral = 2,
  barred = 3,
  barred_spiral = 4,
  merger = 5,
  lens = 6
};

struct Arms {
  int count = 0;  // 0: none
  double pitch_deg = 15;
  double share = 0;                      // of the disc's light in r
  double start = 0.5, end = 2.6;         // radii in half-light radii of the disc
  double phase_deg = 0, handedness = 1;  // +1: trailing counter-clockwise
  double width = 0.12;                   // sigma over radius
};

struct Bar {
  double share = 0;                        // of the disc's light in r; 0: none
  double half_length = 0.7;                // in half-light radii of the disc
  double axis_ratio = 0.3, angle_deg = 0;  // in the plane of the disc, from its line of nodes
};

struct Merger {
  double share = 0;       // of the galaxy's light that is the companion; 0: none
  double distance = 2;    // in half-light radii of the disc
  double angle_deg = 0;   // east of north
  double tail_share = 0;  // of the disc's light in two tidal tails
  double tail_bend_deg = 90, tail_phase_deg = 0;
};

// An isothermal sphere with external shear.
struct Lens {
  double einstein_radius_arcsec = 0;                // 0: none
  double source_x_arcsec = 0, source_y_arcsec = 0;  // behind the lens, x to the west, y to the north
  double shear = 0, shear_angle_deg = 0;
};

struct Structure {
  Arms arms;
  Bar bar;
  Merger merger;
  Lens lens;
  bool has_neighbour = false;
  double neighbour_x_arcsec = 0, neighbour_y_arcsec = 0;
  ObjectTruth other;        // the lensed source or the neighbour
  ObjectLight other_light;  // its bands of the first group; others by add_light
  bool has_other() const { return has_neighbour || lens.einstein_radius_arcsec > 0; }
  bool plain() const { return arms.count == 0 && bar.share == 0 && merger.share == 0 && !has_other(); }
};

// True where a setting asks for any of it.
bool wants_structure(const SkySettings& settings);

// Einstein radii are 4 pi (sigma / c)^2 D_ls / D_s of the velocity dispersion; a galaxy is a lens only where that is
// 0.6" or more, before a star-forming galaxy of r = 21.5 to 24 at redshift up to 1.5. Pitch angles and bar lengths:
// rounded from Davis et al. 2012 (ApJS 199, 33) and Erwin 2005 (MNRAS 364, 283).
Structure draw_structure(const ObjectTruth& truth, const SkySettings& settings);

Morphology morphology_of(const ObjectTruth& truth, const Structure& structure);

// Shares of 40 votes as volunteers would give them on ground-based images: what is there, weighed with how large it is
// against the seeing, how bright, and how tilted; with the scatter of 40 votes.
struct Votes {
  double smooth = 0, spiral = 0, bar = 0, edge_on = 0, merger = 0;
};
Votes draw_votes(const ObjectTruth& truth, const Structure& structure);

}  // namespace asterism::sky
