#pragma once
// A background galaxy seen through an isothermal lens: its surface brightness is kept, its place is not.

#include <vector>

#include "sky/structure.h"

namespace asterism::sky {

struct LensedPoint {
  double x_arcsec, y_arcsec, amount;  // x to the west, y to the north; share of the source's unlensed light
};

// Where light at a place of the image comes from: theta - theta_E theta / |theta| - shear, from the lens's centre.
void source_plane(const Lens& lens, double x, double y, double& source_x, double& source_y);

// The image of the source (structure.other, with the shares of its parts in r) on cells of 0.1", those that hold
// light, out to 15" from the lens. The sum of the amounts is the magnification.
std::vector<LensedPoint> lensed_source(const Structure& structure);

}  // namespace asterism::sky
