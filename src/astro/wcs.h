#pragma once
// Pixel <-> sky of a FITS header, as a tangent plane (gnomonic projection, TAN; Calabretta & Greisen 2002, A&A 395,
// 1077). What is projected otherwise, or distorted, is a tangent plane too over the few arcminutes of a cutout: its own
// one is made there. Pixel coordinates count from 0 at the centre of the first pixel (FITS counts from 1).

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

// Pixels from (x0, y0) to (x1, y1), both within.
struct PixelBox {
  double x0 = 0, y0 = 0, x1 = 0, y1 = 0;
};

// Out of the cards of a FITS header (80 characters each, as cfitsio's fits_hdr2str gives them; read by wcslib, with its
// repairs). A plain TAN comes as it stands in the header. Other projections and headers with distortions (SIP, TPV)
// come as the tangent plane at the middle of `box`; DataError naming `source` where that is off by more than
// kMostOffPlane pixels anywhere in the box: larger images want to be cut first.
inline constexpr double kMostOffPlane = 0.1;
TangentWcs read_wcs(const std::string& header_cards, const std::string& source, const PixelBox& box);

}  // namespace asterism::astro
