#include "data/surveys/cutout_window.h"

#include <cmath>

#include "astro/sphere.h"
#include "base/error.h"
#include "data/surveys/fits_wcs.h"

namespace asterism::data {

CutoutWindow cutout_window(const io::FitsHdu& hdu, int64_t height, int64_t width, int64_t size,
                           const modalities::ObjectKey& object, const std::string& where) {
  if (!object.has_position) base::data_error("{}: `size` cuts about a position, which the object lacks", where);
  double x = double(width - 1) / 2, y = double(height - 1) / 2;
  CutoutWindow out;
  for (int step = 0; step < 5; ++step) {  // the plane about where the object seems to be: exact where it is
    out.wcs = wcs_of(hdu, where, {x, y, x, y});
    if (astro::separation_deg(out.wcs.crval, {object.ra_deg, object.dec_deg}) > 45)
      base::data_error("{}: the object lies far off the image", where);
    const auto [next_x, next_y] = out.wcs.pixel_of({object.ra_deg, object.dec_deg});
    if (std::hypot(next_x - x, next_y - y) < 1e-3) break;
    x = next_x;
    y = next_y;
  }
  if (!(x > -0.5 && y > -0.5 && x < double(width) - 0.5 && y < double(height) - 0.5))
    base::data_error("{}: the object lies at pixel ({:.1f}, {:.1f}) of {} x {}: not on it", where, x, y, width, height);
  const double half = double(size - 1) / 2;
  out.top = int64_t(std::lround(y - half));
  out.left = int64_t(std::lround(x - half));
  out.height = out.width = size;
  out.wcs =
      wcs_of(hdu, where,
             {double(out.left), double(out.top), double(out.left + out.width - 1), double(out.top + out.height - 1)});
  return out;
}

}  // namespace asterism::data
