#pragma once
// From the depth that a survey states to the noise of its pixels.

namespace asterism::astro {

// Gaussian sigma of a profile with this full width at half maximum.
double sigma_of_fwhm(double fwhm);

// Number of pixels whose sky noise enters the optimal flux of a point source: 1 / sum(psf^2) = 4 pi sigma^2 for a
// Gaussian of `sigma_pixels`.
double effective_pixels(double sigma_pixels);

// Sky noise per pixel (nanomaggies, one sigma) of an image where a point source of AB magnitude `depth_5sigma` has
// S/N 5.
double pixel_noise(double depth_5sigma, double psf_sigma_pixels);

}  // namespace asterism::astro
