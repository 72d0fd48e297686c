#pragma once
// All-sky maps: Mollweide's equal-area projection, right ascension growing to the left as seen on the sky.

#include <string>
#include <utility>
#include <vector>

#include "report/figure.h"

namespace asterism::report {

struct SkyPoints {
  std::vector<double> ra_deg, dec_deg;  // ICRS; NaN: not drawn
  std::string name;
  std::vector<double> value;  // colours the points; {}: one colour
  std::string value_label;
  std::vector<std::string> hover;  // {}: coordinates
  Colour colour = Colour::kAuto;
  double size = 4;
};

// The map with its grid (every 30 degrees), as a figure. `centre_ra_deg` stands in the middle.
Figure sky_map(const std::vector<SkyPoints>& points, double centre_ra_deg = 180, const std::string& title = "");

// Mollweide's projection, x in [-2, 2] growing with decreasing right ascension, y in [-1, 1].
// Snyder 1987, "Map Projections: A Working Manual", p. 251.
std::pair<double, double> mollweide(double ra_deg, double dec_deg, double centre_ra_deg);

}  // namespace asterism::report
