#pragma once
// Parts of the sky that rows are chosen by, and which pixels they may touch.

#include <optional>
#include <string>
#include <vector>

#include "data/moc.h"
#include "data/pixel_tree.h"

namespace asterism::data {

struct Cone {
  double ra_deg = 0, dec_deg = 0, radius_arcsec = 0;
};

// ra from west to east, across 0 where west > east.
struct SkyBox {
  double west_deg = 0, east_deg = 360, south_deg = -90, north_deg = 90;
};

// "RA,DEC,ARCSEC" and "WEST,EAST,SOUTH,NORTH" in degrees. UserError for anything else.
Cone parse_cone(const std::string& text);
SkyBox parse_box(const std::string& text);

// Where all that is given hold; nothing given: everywhere.
struct SkyRegion {
  std::optional<Cone> cone;
  std::optional<SkyBox> box;
  std::optional<MocRanges> moc;

  bool everywhere() const { return !cone && !box && !moc; }
  // Borders belong to cones and boxes. False for NaN.
  bool contains(double ra_deg, double dec_deg) const;
  // False only where no point of the pixel lies inside.
  bool may_touch(Pixel pixel) const;
  // The same of a range of order-29 indices [begin, end), and of a belt of declination.
  bool may_touch(int64_t begin, int64_t end) const;
  bool may_touch_belt(double south_deg, double north_deg) const;
};

}  // namespace asterism::data
