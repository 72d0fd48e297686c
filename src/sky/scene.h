#pragma once
// An object's image as a sum of Gaussians, each an ellipse, seen through a point-spread function; and its sum over
// pixels and apertures.

#include <span>
#include <vector>

#include "sky/light.h"
#include "sky/objects.h"

namespace asterism::sky {

// Light of `amount`, with covariance xx, xy, yy in square arcseconds; x to the west (right), y to the north (up).
struct EllipticalGaussian {
  double amount, xx, xy, yy;
};

// The object in one band, its fluxes being those of the disc and the bulge (a point source: all in `disc`), through a
// PSF of this full width at half maximum. Gaussians much smaller than the PSF are put together.
std::vector<EllipticalGaussian> scene_of(const ObjectTruth& truth, double disc, double bulge, double fwhm_arcsec);

// Gaussians as they are, through a PSF of this full width at half maximum.
std::vector<EllipticalGaussian> through_psf(std::span<const EllipticalGaussian> intrinsic, double fwhm_arcsec);

// Adds the image to `pixels` [height, width], row 0 at the bottom: flux density at the middle of each pixel times its
// area (the PSF is the effective one, pixel included). The centre lies at pixel (x0, y0).
void render(std::span<const EllipticalGaussian> scene, double pixel_scale_arcsec, double x0, double y0, int height,
            int width, float* pixels);

// Share of each part's light in a round aperture at its centre.
double aperture_share(std::span<const EllipticalGaussian> scene, double diameter_arcsec);

// Sum over the plane of the squared image over the square of its sum, per square arcsecond: 1 / (4 pi sigma^2) for a
// Gaussian. Its inverse is the area whose sky noise enters the optimal flux.
double effective_area(std::span<const EllipticalGaussian> scene);

}  // namespace asterism::sky
