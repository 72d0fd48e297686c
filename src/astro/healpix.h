#pragma once
// HEALPix pixels in the NEST scheme (Gorski et al. 2005, ApJ 622, 759), orders 0 to 29, in float64. Positions are ICRS
// degrees. Order 29 (pixels of 0.4 milliarcseconds) is the spatial index `_healpix_29` of HATS catalogues.

#include <array>
#include <cstdint>
#include <vector>

#include "astro/sphere.h"

namespace asterism::astro {

inline constexpr int kMaxHealpixOrder = 29;

// 12 * 4^order. Throws CheckError for an order outside 0..29, as do all functions here.
int64_t healpix_count(int order);

// The pixel that holds a position. ra may be any finite number of degrees; dec lies in [-90, 90] (CheckError
// otherwise). |z| = |sin dec| is formed as the published formula has it; above |z| = 0.99 the square root of 1 - |z|
// comes from cos(dec), which keeps full precision at the poles.
int64_t healpix_pixel(int order, double ra_deg, double dec_deg);

// The centre of a pixel, ra in [0, 360).
SkyPosition healpix_centre(int order, int64_t pixel);

// A point inside a pixel: u runs from its southern corner to its eastern one, v from the southern to the western one,
// both in [0, 1]. (0.5, 0.5) is the centre.
SkyPosition healpix_point(int order, int64_t pixel, double u, double v);

// The corners: south, east, north, west.
std::array<SkyPosition, 4> healpix_corners(int order, int64_t pixel);

// The pixels around one, in the order SW, W, NW, N, NE, E, SE, S; -1 where there is none (24 pixels of an order have
// seven).
std::array<int64_t, 8> healpix_neighbours(int order, int64_t pixel);

// No point of a pixel of this order is farther from its centre than this many degrees.
double healpix_radius_deg(int order);

// The pixel of a coarser order that holds this one, and the first of a finer order inside it (4^(to - from) follow on).
inline int64_t healpix_ancestor(int64_t pixel, int from, int to) { return pixel >> (2 * (from - to)); }
inline int64_t healpix_first_descendant(int64_t pixel, int from, int to) { return pixel << (2 * (to - from)); }

// Every pixel of the order that may touch the cone around a position, sorted: none that touches is left out; some
// beside it are included. radius in [0, 180].
std::vector<int64_t> healpix_cone(int order, double ra_deg, double dec_deg, double radius_deg);

}  // namespace asterism::astro
