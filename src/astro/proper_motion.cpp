#include "astro/proper_motion.h"

#include <cmath>

namespace asterism::astro {

SkyPosition moved(SkyPosition p, ProperMotion motion, double years) {
  const double ra = p.ra_deg * kDegree, dec = p.dec_deg * kDegree, scale = kArcsec / 1000 * years;
  const double east = motion.pmra_mas_yr * scale, north = motion.pmdec_mas_yr * scale;
  if (east == 0 && north == 0) return p;
  const double sr = std::sin(ra), cr = std::cos(ra), sd = std::sin(dec), cd = std::cos(dec);
  return position_of({cd * cr - east * sr - north * sd * cr, cd * sr + east * cr - north * sd * sr, sd + north * cd});
}

}  // namespace asterism::astro
