#pragma once
// Pixel <-> sky of a FITS header, for the gnomonic projection (TAN; Calabretta & Greisen 2002, A&A 395, 1077), which
// all our surveys' cutouts use. Pixel coordinates count from 0 at the centre of the first pixel (FITS counts from 1).

#include <string>
#include <utility>

#include "astro/sphere.h"

namespace asterism::astro {

struct TangentWcs {
  double crpix_x = 0, crpix_y = 0;     // reference pixel, counted from 0
  SkyPosition crval;                   // its position
  double cd[2][2] = {{1, 0}, {0, 1}};  // degrees per pixel: (xi, eta) = cd * (x - crpix_x, y - crpix_y)

  SkyPosition sky_of(double x, double y) const;
  std::pair<double, double> pixel_of(SkyPosition p) const;  // CheckError 90 degrees or more away
  double pixel_scale_arcsec() const;                        // square root of the area of a pixel at the reference
};

// Out of the cards of a FITS header (80 characters each, as cfitsio's fits_hdr2str gives them; read by wcslib, with its
// repairs). SIP terms are refused; DataError names `source` and the projection where it is not TAN.
TangentWcs read_wcs(const std::string& header_cards, const std::string& source);

}  // namespace asterism::astro
