#pragma once
// Images and fluxes as an imaging survey records them.

#include "base/random.h"
#include "modalities/block.h"
#include "sky/light.h"
#include "sky/survey.h"

namespace asterism::sky {

// Seeing and depth at one object's place; the same for its image and its fluxes.
struct Conditions {
  std::vector<double> fwhm_arcsec;  // per band of the survey
  std::vector<double> pixel_noise;  // nanomaggies per pixel, one sigma; of a band without images: of the flux itself
};
Conditions conditions_of(const ObjectTruth& truth, const ImagingSurvey& survey);

// Fills one row of a block made by empty_images: the object at the middle of the stamp, within half a pixel. Inverse
// variances are those of published_variance.h; of a bare survey they are 1 where a pixel is good.
void observe_image(const ObjectTruth& truth, const ObjectLight& light, const ImagingSurvey& survey, bool defects,
                   modalities::ImageBlock& block, int64_t row);

// The same of any image without noise, [band, y, x]: noise, defects and published variances.
void observe_clean_image(const ObjectTruth& truth, const ImagingSurvey& survey, bool defects, std::vector<float> clean,
                         modalities::ImageBlock& block, int64_t row);

// The bands of the survey that have images, and where the object lies on the stamp, in pixels.
std::vector<ImagingBand> imaged_bands(const ImagingSurvey& survey);
struct Centre {
  double x, y;
};
Centre centre_of(const ObjectTruth& truth, const ImagingSurvey& survey);

// The image in every band of the block without noise, [band, y, x].
std::vector<float> noiseless_image(const ObjectTruth& truth, const ObjectLight& light, const ImagingSurvey& survey);

modalities::ImageBlock empty_images(const ImagingSurvey& survey, int64_t n);

// Total flux with noise and its error, per band of the survey: what a fit of the true profile gives. The noise is drawn
// anew, not taken from the image's pixels. The error is estimated from the observed flux and from a size with noise.
struct FluxMeasure {
  double value = 0, error = 0;
};
std::vector<FluxMeasure> observe_fluxes(const ObjectTruth& truth, const ObjectLight& light,
                                        const ImagingSurvey& survey);

}  // namespace asterism::sky
