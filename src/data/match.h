#pragma once
// Which objects of one list are near which of another on the sky.

#include <cstdint>
#include <span>
#include <vector>

namespace asterism::data {

struct Positions {
  std::span<const double> ra_deg, dec_deg;  // ICRS; of equal length. NaN: no position, matches nothing
};

struct MatchOptions {
  double radius_arcsec = 1;  // pairs at most this far apart; up to 1 degree
  bool nearest = true;       // true: of each row of a, the nearest of b (ties to the lower row of b); false: every pair
};

struct Match {
  int64_t a = 0, b = 0;  // rows
  double separation_arcsec = 0;
};

// Pairs sorted by row of a, then by separation, then by row of b. Exact on the whole sphere: poles and RA = 0 are like
// any other place. Sorts both lists by zone of declination and merges them: O(n log n), float64 unit vectors
// throughout. UserError for a radius that is not in (0, 3600].
std::vector<Match> match(const Positions& a, const Positions& b, const MatchOptions& options);

}  // namespace asterism::data
