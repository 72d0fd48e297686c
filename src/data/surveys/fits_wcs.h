#pragma once
// World coordinates of an image HDU.

#include <string>

#include "astro/wcs.h"
#include "io/fits.h"

namespace asterism::data {

// Of the HDU's own header, for all its pixels or those of a box; only its coordinate keywords are looked at. DataError
// naming `where` as read_wcs().
astro::TangentWcs wcs_of(const io::FitsHdu& hdu, const std::string& where);
astro::TangentWcs wcs_of(const io::FitsHdu& hdu, const std::string& where, const astro::PixelBox& box);

}  // namespace asterism::data
