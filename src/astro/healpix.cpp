#include "astro/healpix.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace asterism::astro {
namespace {

// Of each of the twelve base pixels: rings of its southern corner from the north, in units of nside; and longitude, in
// units of 45 degrees (Gorski et al. 2005, section 5).
constexpr int kRing[12] = {2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4};
constexpr int kLongitude[12] = {1, 3, 5, 7, 0, 2, 4, 6, 1, 3, 5, 7};

uint64_t spread_bits(uint64_t v) {
  v &= 0xffffffff;
  v = (v ^ (v << 16)) & 0x0000ffff0000ffffULL;
  v = (v ^ (v << 8)) & 0x00ff00ff00ff00ffULL;
  v = (v ^ (v << 4)) & 0x0f0f0f0f0f0f0f0fULL;
  v = (v ^ (v << 2)) & 0x3333333333333333ULL;
  return (v ^ (v << 1)) & 0x5555555555555555ULL;
}

uint64_t gather_bits(uint64_t v) {
  v &= 0x5555555555555555ULL;
  v = (v ^ (v >> 1)) & 0x3333333333333333ULL;
  v = (v ^ (v >> 2)) & 0x0f0f0f0f0f0f0f0fULL;
  v = (v ^ (v >> 4)) & 0x00ff00ff00ff00ffULL;
  v = (v ^ (v >> 8)) & 0x0000ffff0000ffffULL;
  return (v ^ (v >> 16)) & 0x00000000ffffffffULL;
}

struct InFace {
  int64_t x = 0, y = 0;  // from the southern corner to the east and to the west
  int face = 0;
};

InFace split(int order, int64_t pixel) {
  const int64_t in_face = pixel & ((int64_t(1) << (2 * order)) - 1);
  return {int64_t(gather_bits(uint64_t(in_face))), int64_t(gather_bits(uint64_t(in_face) >> 1)),
          int(pixel >> (2 * order))};
}

int64_t join(int order, int64_t x, int64_t y, int face) {
  return (int64_t(face) << (2 * order)) + int64_t(spread_bits(uint64_t(x)) | spread_bits(uint64_t(y)) << 1);
}

void check_order(int order) { ASTERISM_CHECK(order >= 0 && order <= kMaxHealpixOrder, "HEALPix order {}", order); }

void check_pixel(int order, int64_t pixel) {
  check_order(order);
  ASTERISM_CHECK(pixel >= 0 && pixel < healpix_count(order), "pixel {} of order {}", pixel, order);
}

}  // namespace

int64_t healpix_count(int order) {
  check_order(order);
  return int64_t(12) << (2 * order);
}

int64_t healpix_pixel(int order, double ra_deg, double dec_deg) {
  check_order(order);
  ASTERISM_CHECK(std::isfinite(ra_deg) && dec_deg >= -90 && dec_deg <= 90, "position ({}, {})", ra_deg, dec_deg);
  const int64_t nside = int64_t(1) << order;
  const double z = std::sin(dec_deg * kDegree), height = std::abs(z);
  const double longitude = wrap_ra(ra_deg) / 90.0;  // in [0, 4)
  if (height <= 2.0 / 3) {                          // equatorial belt
    const double a = double(nside) * (0.5 + longitude), b = double(nside) * z * 0.75;
    const int64_t ascending = int64_t(a - b), descending = int64_t(a + b);  // index of the edge lines
    const int64_t face_a = ascending >> order, face_b = descending >> order;
    const int face = face_a == face_b ? int(face_a & 3) + 4 : face_a < face_b ? int(face_a & 3) : int(face_b & 3) + 8;
    return join(order, descending & (nside - 1), nside - (ascending & (nside - 1)) - 1, face);
  }
  const int quadrant = std::min(3, int(longitude));
  const double along = longitude - quadrant;
  const double root = height < 0.99 ? double(nside) * std::sqrt(3 * (1 - height))
                                    : double(nside) * std::cos(dec_deg * kDegree) / std::sqrt((1 + height) / 3);
  const int64_t east = std::min(int64_t(along * root), nside - 1),
                west = std::min(int64_t((1 - along) * root), nside - 1);
  if (z >= 0) return join(order, nside - west - 1, nside - east - 1, quadrant);
  return join(order, east, west, quadrant + 8);
}

SkyPosition healpix_point(int order, int64_t pixel, double u, double v) {
  check_pixel(order, pixel);
  const double nside = double(int64_t(1) << order);
  const InFace at = split(order, pixel);
  // Rings count from the north pole; `ring` and `across` are in units of nside and of 45 degrees.
  const double x = double(at.x) + u, y = double(at.y) + v;
  const double ring = kRing[at.face] - (x + y) / nside;
  double circle = 1, z = 0, cos_dec = -1;
  if (ring < 1 || ring > 3) {
    circle = ring < 1 ? ring : 4 - ring;
    const double gap = circle * circle / 3;  // 1 - |z|
    z = ring < 1 ? 1 - gap : gap - 1;
    cos_dec = std::sqrt(gap * (2 - gap));
  } else {
    z = (2 - ring) * 2 / 3;
  }
  const double sideways = (x - y) / nside;  // in units of 45 degrees at the equator
  const double longitude = kLongitude[at.face] + (circle > 1e-15 ? sideways / circle : 0);
  const double dec = cos_dec >= 0 ? std::atan2(z, cos_dec) : std::asin(z);
  return {wrap_ra(longitude * 45.0), dec / kDegree};
}

SkyPosition healpix_centre(int order, int64_t pixel) { return healpix_point(order, pixel, 0.5, 0.5); }

std::array<SkyPosition, 4> healpix_corners(int order, int64_t pixel) {
  return {healpix_point(order, pixel, 0, 0), healpix_point(order, pixel, 1, 0), healpix_point(order, pixel, 1, 1),
          healpix_point(order, pixel, 0, 1)};
}

std::array<int64_t, 8> healpix_neighbours(int order, int64_t pixel) {
  check_pixel(order, pixel);
  const int64_t nside = int64_t(1) << order;
  const InFace at = split(order, pixel);
  // Steps to SW, W, NW, N, NE, E, SE, S in the axes of the base pixel.
  static constexpr int kDx[8] = {-1, -1, 0, 1, 1, 1, 0, -1}, kDy[8] = {0, 1, 1, 1, 0, -1, -1, -1};
  std::array<int64_t, 8> out{};
  if (at.x > 0 && at.y > 0 && at.x < nside - 1 && at.y < nside - 1) {
    for (size_t i = 0; i < 8; ++i) out[i] = join(order, at.x + kDx[i], at.y + kDy[i], at.face);
    return out;
  }
  // At the border of a base pixel the axes turn: ask on the sphere instead. Beyond the middle of a side lies one pixel.
  const auto centre = unit_vector(healpix_centre(order, pixel));
  for (size_t i = 0; i < 8; i += 2) {
    const auto edge = unit_vector(healpix_point(order, pixel, 0.5 * (kDx[i] + 1), 0.5 * (kDy[i] + 1)));
    std::array<double, 3> outside{};
    for (size_t k = 0; k < 3; ++k) outside[k] = edge[k] + 0.1 * (edge[k] - centre[k]);
    const SkyPosition p = position_of(outside);
    out[i] = healpix_pixel(order, p.ra_deg, p.dec_deg);
  }
  // Around a corner lie this pixel, two that share its sides, and a fourth; or no fourth.
  for (size_t i = 1; i < 8; i += 2) {
    const SkyPosition corner = healpix_point(order, pixel, 0.5 * (kDx[i] + 1), 0.5 * (kDy[i] + 1));
    out[i] = -1;
    for (int direction = 0; direction < 24 && out[i] < 0; ++direction) {
      const SkyPosition p = offset_by(corner, 15.0 * direction + 7, 0.03 * healpix_radius_deg(order));
      const int64_t found = healpix_pixel(order, p.ra_deg, p.dec_deg);
      if (found != pixel && found != out[i - 1] && found != out[(i + 1) % 8]) out[i] = found;
    }
  }
  return out;
}

double healpix_radius_deg(int order) {
  check_order(order);
  // The widest pixels touch the pole of a base pixel's top corner: from its centre to its eastern corner, the bound of
  // Gorski's package (max_pixrad).
  const double nside = double(int64_t(1) << order), t = 1 - 1 / nside;
  const double z_corner = 1 - t * t / 3;
  const SkyPosition corner{180 / (4 * nside), std::asin(z_corner) / kDegree};
  return separation_deg({0, std::asin(2.0 / 3) / kDegree}, corner) * (1 + 1e-12);
}

std::vector<int64_t> healpix_cone(int order, double ra_deg, double dec_deg, double radius_deg) {
  check_order(order);
  ASTERISM_CHECK(radius_deg >= 0 && radius_deg <= 180, "radius {}", radius_deg);
  const SkyPosition centre{ra_deg, dec_deg};
  std::vector<int64_t> found;
  for (int64_t p = 0; p < 12; ++p) found.push_back(p);
  for (int level = 0;; ++level) {
    const double reach = radius_deg + healpix_radius_deg(level);
    std::erase_if(found, [&](int64_t p) { return separation_deg(centre, healpix_centre(level, p)) > reach; });
    if (level == order) return found;
    std::vector<int64_t> finer;
    for (const int64_t p : found)
      for (int64_t child = 4 * p; child < 4 * p + 4; ++child) finer.push_back(child);
    found.swap(finer);
  }
}

}  // namespace asterism::astro
