#include "data/sky_region.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "astro/healpix.h"
#include "base/error.h"

namespace asterism::data {
namespace {

std::vector<double> numbers(const std::string& text, size_t count, const char* form) {
  std::vector<double> out;
  for (size_t from = 0; from <= text.size();) {
    const size_t end = std::min(text.find(',', from), text.size());
    double value = 0;
    const auto read = std::from_chars(text.data() + from, text.data() + end, value);
    if (read.ec != std::errc() || read.ptr != text.data() + end || !std::isfinite(value))
      base::user_error("'{}': numbers like {} are wanted", text, form);
    out.push_back(value);
    from = end + 1;
  }
  if (out.size() != count) base::user_error("'{}': numbers like {} are wanted", text, form);
  return out;
}

bool in_ra(const SkyBox& box, double ra) {
  if (box.east_deg - box.west_deg >= 360) return true;
  const double west = astro::wrap_ra(box.west_deg), east = astro::wrap_ra(box.east_deg);
  return west <= east ? ra >= west && ra <= east : ra >= west || ra <= east;
}

// Half the width in right ascension of a circle about declination dec, rounded up.
double half_width_deg(double dec, double radius) {
  if (std::abs(dec) + radius >= 90) return 180;
  const double s = std::sin(radius * astro::kDegree) / std::cos(dec * astro::kDegree);
  return s >= 1 ? 180 : std::asin(s) / astro::kDegree + 1e-9;
}

bool near_ra(const SkyBox& box, double ra, double width) {
  if (width >= 180 || in_ra(box, astro::wrap_ra(ra)) || in_ra(box, astro::wrap_ra(ra - width)) ||
      in_ra(box, astro::wrap_ra(ra + width)))
    return true;
  const double apart = std::abs(astro::wrap_ra(box.west_deg) - astro::wrap_ra(ra));  // a box narrower than the circle
  return std::min(apart, 360 - apart) <= width;
}

}  // namespace

Cone parse_cone(const std::string& text) {
  const auto n = numbers(text, 3, "RA,DEC,ARCSEC (10.5,-2,60)");
  if (std::abs(n[1]) > 90 || n[2] < 0 || n[2] > 180 * 3600)
    base::user_error("'{}': dec lies in [-90, 90], the radius in [0, 648000] arcsec", text);
  return {n[0], n[1], n[2]};
}

SkyBox parse_box(const std::string& text) {
  const auto n = numbers(text, 4, "WEST,EAST,SOUTH,NORTH (350,10,-5,5)");
  if (n[2] > n[3] || n[2] < -90 || n[3] > 90)
    base::user_error("'{}': south must not lie north of north, and both in [-90, 90]", text);
  return {n[0], n[1], n[2], n[3]};
}

bool SkyRegion::contains(double ra, double dec) const {
  if (!std::isfinite(ra) || !(std::abs(dec) <= 90)) return false;
  if (cone && !(astro::separation_deg({cone->ra_deg, cone->dec_deg}, {ra, dec}) * 3600 <= cone->radius_arcsec))
    return false;
  if (box && !(dec >= box->south_deg && dec <= box->north_deg && in_ra(*box, astro::wrap_ra(ra)))) return false;
  if (moc) {
    const int64_t index = astro::healpix_pixel(29, ra, dec);
    if (!touches(*moc, index, index + 1)) return false;
  }
  return true;
}

bool SkyRegion::may_touch(Pixel pixel) const {
  if (moc && !touches(*moc, pixel.begin(), pixel.end())) return false;
  if (!cone && !box) return true;
  const auto centre = astro::healpix_centre(pixel.order, pixel.npix);
  const double radius = astro::healpix_radius_deg(pixel.order) + 1e-9;
  if (cone && astro::separation_deg({cone->ra_deg, cone->dec_deg}, centre) > cone->radius_arcsec / 3600 + radius)
    return false;
  if (!box) return true;
  return centre.dec_deg + radius >= box->south_deg && centre.dec_deg - radius <= box->north_deg &&
         near_ra(*box, centre.ra_deg, half_width_deg(centre.dec_deg, radius));
}

bool SkyRegion::may_touch(int64_t begin, int64_t end) const {
  // The range is cut into the largest pixels that fit: at most some hundred.
  while (begin < end) {
    int order = 29;
    while (order > 0) {
      const int64_t size = int64_t{1} << (2 * (30 - order));  // of a pixel one order coarser
      if (begin % size != 0 || begin + size > end) break;
      --order;
    }
    const Pixel pixel{order, begin >> (2 * (29 - order))};
    if (may_touch(pixel)) return true;
    begin = pixel.end();
  }
  return false;
}

bool SkyRegion::may_touch_belt(double south, double north) const {
  if (cone) {
    const double radius = cone->radius_arcsec / 3600 + 1e-9;
    if (cone->dec_deg + radius < south || cone->dec_deg - radius > north) return false;
  }
  return !box || (box->north_deg >= south && box->south_deg <= north);
}

}  // namespace asterism::data
