#pragma once
// Images as tensors that can be turned, magnified, blurred and made noisier, all objects of a batch at once, with what
// each does to variance, mask and PSF. Letters: N objects, C bands, H W pixels, S pixels a side.

#include <ATen/ATen.h>

#include <vector>

#include "base/random.h"
#include "modalities/block.h"

namespace asterism::models {

struct ImagePlanes {
  // On one device, all but fwhm_NC, which is the CPU's.
  at::Tensor flux_NCHW;      // float32; 0 where not good
  at::Tensor variance_NCHW;  // float32, in the unit squared; 0 where not good
  at::Tensor good_NCHW;      // float32, 1: can be used, 0: cannot
  at::Tensor fwhm_NC;        // float64, arcsec; 0: unknown
  // After an interpolation, by which neighbours share their noise: the variance that a pixel would have had without it,
  // and the new pixels over old ones along a side (float64; 0: these are copies, nothing is shared). Else undefined.
  at::Tensor unshared_NCHW, zoom_N;
};

ImagePlanes planes_of(const modalities::ImageBlock& images, const at::Device& device = at::kCPU);

// What is done to them below is told by tensors of the CPU, and done where they lie.

// Pixel (v, u) of the answer, counted from its middle, shows the place centre_N + matrix (u, v) of the image, counted
// from its middle, by bilinear interpolation: matrix_N22 (float64; rows x and y) and centre_N2 (x, y). Fluxes are those
// of the new pixels: the sum over an object stays (to the accuracy of the interpolation), its PSF grows with it.
// Variances are those of the weighted sums; neighbours are correlated, which an inverse variance cannot say. Pixels
// that any bad pixel, or nothing, has a part in are bad. Steps of whole pixels copy values as they are.
ImagePlanes warped(const ImagePlanes& planes, const at::Tensor& matrix_N22, const at::Tensor& centre_N2, int64_t size);

// Fluxes times factor_NC (float64), variances times its square.
ImagePlanes dimmed(const ImagePlanes& planes, const at::Tensor& factor_NC);

// A Gaussian of this sigma in pixels (float64; 0: left alone), cut off at three sigma, over the good pixels; the bad
// ones stay bad, and so do those of which hardly any weight is good. Where neighbours share their noise, what is left
// of it is that of a Gaussian over an interpolated image (to a few per cent). fwhm_NC is the caller's to set.
ImagePlanes blurred(const ImagePlanes& planes, const at::Tensor& sigma_NC);

// Adds noise until a good pixel's sigma is sigma_NC (float64; 0: left alone); pixels that have more already are left
// alone. known = false: variances are no measurement, all of sigma is added and they stay. One stream an object.
ImagePlanes noisier(const ImagePlanes& planes, const at::Tensor& sigma_NC, bool known,
                    std::vector<base::Random>& random);
// The same where they lie, with sigma_NC there, and numbers of that device: all are drawn, and nothing is waited for.
ImagePlanes noisier(const ImagePlanes& planes, const at::Tensor& sigma_NC, bool known, at::Generator generator);

// The median sigma over the good pixels of each band: [N, C], float64, 0 where there are none.
at::Tensor median_sigma(const ImagePlanes& planes);

// What an image block holds of pixels, where the planes lie: variances that are no measurement give ones.
struct ImagePixels {
  at::Tensor flux_NCHW, ivar_NCHW;  // float32, 0 where not good
  at::Tensor good_NCHW;             // bool
};
ImagePixels pixels_of(const ImagePlanes& planes, bool has_ivar);

// An image block of the bands, unit and pixel scale of `like` with the planes' sizes and PSFs, and without pixels.
modalities::ImageBlock frame_of(const ImagePlanes& planes, const modalities::ImageBlock& like);

// As an image block of the bands, unit and pixel scale of `like`.
modalities::ImageBlock block_of(const ImagePlanes& planes, const modalities::ImageBlock& like);

}  // namespace asterism::models
