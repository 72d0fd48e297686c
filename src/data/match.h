#pragma once
// Which objects of one list are near which of another on the sky.

#include <cstdint>
#include <vector>

#include "data/sky_grid.h"

namespace asterism::data {

struct MatchOptions {
  double radius_arcsec = 1;  // pairs at most this far apart, up to 90 degrees
  bool nearest = true;       // true: of each row of a, the nearest of b (ties to the lower row of b); false: every pair
};

inline constexpr double kMaxRadiusArcsec = 90 * 3600;

struct Match {
  int64_t a = 0, b = 0;  // rows
  double separation_arcsec = 0;
};

// Pairs sorted by row of a, then by separation, then by row of b. Exact on the whole sphere: poles and RA = 0 are like
// any other place. Both lists are dealt out to buckets of the sky; b is sorted into cells within them (sky_grid.h), and
// each row of a looks at the cells that its circle touches. Separations are by the haversine formula of the differences
// of the coordinates, which keeps full relative precision however small they are. Time: proportional to rows and pairs,
// also where either list is crowded. UserError for a radius that is not in (0, kMaxRadiusArcsec].
std::vector<Match> match(const Positions& a, const Positions& b, const MatchOptions& options);

// Of matches a -> b (by row of a), those that are among the matches b -> a too.
std::vector<Match> mutual_only(const std::vector<Match>& pairs, const std::vector<Match>& reverse);

// Great-circle distance by the same formula, as match gives it; ra within 360 degrees of each other.
double match_separation_arcsec(double ra1_deg, double dec1_deg, double ra2_deg, double dec2_deg);

}  // namespace asterism::data
