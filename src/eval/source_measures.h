#pragma once
// What a catalogue would say of the source in the middle of an image, and of two images that should show the same.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "modalities/block.h"

namespace asterism::eval {

// Flux in the central disc of radius_pixels, with its error from the inverse variances; place and shape from second
// moments under a round Gaussian of sigma_pixels that follows the centroid (eight rounds). x and y count from the
// middle of the image, in pixels; e1 = (Q_xx - Q_yy) / (Q_xx + Q_yy), e2 = 2 Q_xy / (Q_xx + Q_yy). Pixels of mask 1 or
// ivar 0 count as empty. has_shape is false where the weighted flux or moments are not positive, or the centroid leaves
// the disc.
struct SourceMeasures {
  double flux = 0, flux_error = 0;
  double x = 0, y = 0, e1 = 0, e2 = 0;
  bool has_flux = false, has_shape = false;
};
SourceMeasures measure_source(const float* flux, const float* ivar, const uint8_t* mask, int64_t height, int64_t width,
                              double radius_pixels, double sigma_pixels);

// One number for each object and band (or pair of neighbouring bands) that was measured well enough: what rebuilding
// did to it. By band: "flux" (rebuilt - observed) / observed and "flux error", |that| (both above 10 sigma), "centroid"
// (pixels, above 10 sigma), "ellipticity" (length of the difference, above 30 sigma). By pair, "g - r": "colour"
// (magnitudes, above 10 sigma in both).
using Differences = std::map<std::string, std::map<std::string, std::vector<double>>>;  // band -> measure -> values
Differences source_differences(const modalities::ImageBlock& observed, const modalities::ImageBlock& rebuilt,
                               const std::vector<int64_t>& rows);

// The pixels that `rebuilt` covers (mask 0 in any object), the smallest rectangle of them, cut out of both.
struct Covered {
  modalities::ImageBlock observed, rebuilt;
};
Covered covered(const modalities::ImageBlock& observed, const modalities::ImageBlock& rebuilt);

}  // namespace asterism::eval
