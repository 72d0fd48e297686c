#pragma once
// From flux to pictures. Rows of the flux arrays run upwards on the sky (FITS order) and are flipped, so that the first
// row of the picture is the top; NaN and masked pixels come out dark grey.

#include <cstdint>
#include <span>

#include "io/image_file.h"

namespace asterism::report {

// Lupton et al. 2004 (PASP 116, 133): one asinh stretch of the mean intensity, colours kept where they saturate.
struct LuptonOptions {
  double q = 8;                 // softening
  double stretch = 0;           // flux that becomes mid-grey; 0: from the noise and brightness of the picture
  double minimum = 0;           // flux that becomes black
  double scale[3] = {1, 1, 1};  // per channel, applied first
  bool flip = true;             // first row of the data is the bottom
};
// flux: [3, height, width] with red first (longest wavelength).
io::Picture8 lupton_rgb(std::span<const float> flux, int64_t height, int64_t width, const LuptonOptions& options = {});
// Any number of bands [bands, height, width], shortest wavelength first: last, middle and first become red, green,
// blue.
io::Picture8 bands_rgb(std::span<const float> flux, int64_t bands, int64_t height, int64_t width,
                       const LuptonOptions& options = {});

// The stretch that bands_rgb chooses for these fluxes: to draw others with the same.
double stretch_of(std::span<const float> flux, int64_t bands, int64_t height, int64_t width);

// asinh stretch of one band between its sky and its brightest parts, dark sky. flux: [height, width].
struct GreyOptions {
  double low = 0, high = 0;  // flux of black and white; both 0: from the 1st and 99.7th percentile
  bool flip = true;
  double softening = 0;  // how much brighter faint light is drawn; 0: from the noise of the picture
};
io::Picture8 grey_asinh(std::span<const float> flux, int64_t height, int64_t width, const GreyOptions& options = {});

// What grey_asinh chooses for these fluxes: to draw others alike.
GreyOptions grey_options_of(std::span<const float> flux);

// Residuals in units of sigma: blue below, white at zero, red above, full colour at +-limit.
io::Picture8 sigma_colours(std::span<const float> residual_sigma, int64_t height, int64_t width, double limit = 5,
                           bool flip = true);

// Larger by a whole factor, pixels kept square.
io::Picture8 enlarged(const io::Picture8& picture, int factor);

}  // namespace asterism::report
