#include "astro/sphere.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace asterism::astro {

double wrap_ra(double ra_deg) {
  const double wrapped = std::fmod(ra_deg, 360.0);
  const double positive = wrapped < 0 ? wrapped + 360.0 : wrapped;
  return positive >= 360.0 ? 0.0 : positive;  // -1e-20 + 360 rounds to 360
}

std::array<double, 3> unit_vector(SkyPosition p) {
  const double ra = p.ra_deg * kDegree, dec = p.dec_deg * kDegree;
  return {std::cos(dec) * std::cos(ra), std::cos(dec) * std::sin(ra), std::sin(dec)};
}

SkyPosition position_of(const std::array<double, 3>& v) {
  const double in_plane = std::hypot(v[0], v[1]);
  ASTERISM_CHECK(in_plane > 0 || v[2] != 0, "a vector of length zero has no direction");
  return {wrap_ra(std::atan2(v[1], v[0]) / kDegree), std::atan2(v[2], in_plane) / kDegree};
}

double separation_deg(SkyPosition a, SkyPosition b) {
  const double d = (b.ra_deg - a.ra_deg) * kDegree, dec_a = a.dec_deg * kDegree, dec_b = b.dec_deg * kDegree;
  const double across = std::cos(dec_b) * std::sin(d);
  const double cosine = std::sin(dec_a) * std::sin(dec_b) + std::cos(dec_a) * std::cos(dec_b) * std::cos(d);
  // cos a sin b - sin a cos b cos d, in a form that keeps its digits for tiny separations
  const double half = std::sin(0.5 * d);
  const double along = std::sin(dec_b - dec_a) + 2 * std::sin(dec_a) * std::cos(dec_b) * half * half;
  return std::atan2(std::hypot(across, along), cosine) / kDegree;
}

double position_angle_deg(SkyPosition a, SkyPosition b) {
  const double d = (b.ra_deg - a.ra_deg) * kDegree, dec_a = a.dec_deg * kDegree, dec_b = b.dec_deg * kDegree;
  const double half = std::sin(0.5 * d);
  const double east = std::cos(dec_b) * std::sin(d);
  const double north = std::sin(dec_b - dec_a) + 2 * std::sin(dec_a) * std::cos(dec_b) * half * half;
  return wrap_ra(std::atan2(east, north) / kDegree);
}

SkyPosition offset_by(SkyPosition a, double angle_deg, double separation) {
  const double dec = a.dec_deg * kDegree, angle = angle_deg * kDegree, s = separation * kDegree;
  const double z = std::sin(dec) * std::cos(s) + std::cos(dec) * std::sin(s) * std::cos(angle);
  const double x = std::cos(s) * std::cos(dec) - std::sin(s) * std::sin(dec) * std::cos(angle);
  const double y = std::sin(s) * std::sin(angle);
  return {wrap_ra(a.ra_deg + std::atan2(y, x) / kDegree), std::atan2(z, std::hypot(x, y)) / kDegree};
}

TangentOffset to_tangent_plane(SkyPosition centre, SkyPosition p) {
  const double d = (p.ra_deg - centre.ra_deg) * kDegree, dec = p.dec_deg * kDegree, dec0 = centre.dec_deg * kDegree;
  const double depth = std::sin(dec0) * std::sin(dec) + std::cos(dec0) * std::cos(dec) * std::cos(d);
  ASTERISM_CHECK(depth > 0, "({}, {}) is 90 degrees or more from ({}, {})", p.ra_deg, p.dec_deg, centre.ra_deg,
                 centre.dec_deg);
  const double half = std::sin(0.5 * d);
  const double north = std::sin(dec - dec0) + 2 * std::sin(dec0) * std::cos(dec) * half * half;
  return {std::cos(dec) * std::sin(d) / depth / kDegree, north / depth / kDegree};
}

SkyPosition from_tangent_plane(SkyPosition centre, TangentOffset offset) {
  const double xi = offset.xi_deg * kDegree, eta = offset.eta_deg * kDegree, dec0 = centre.dec_deg * kDegree;
  const double x = std::cos(dec0) - eta * std::sin(dec0), z = std::sin(dec0) + eta * std::cos(dec0);
  return {wrap_ra(centre.ra_deg + std::atan2(xi, x) / kDegree), std::atan2(z, std::hypot(x, xi)) / kDegree};
}

}  // namespace asterism::astro
