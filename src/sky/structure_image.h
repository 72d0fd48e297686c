#pragma once
// Images of objects with the structure of structure.h, part by part.

#include <vector>

#include "sky/structure.h"
#include "sky/survey.h"

namespace asterism::sky {

// Without noise, nanomaggies, each [band, y, x] of the survey's bands with images.
struct StructuredImage {
  std::vector<float> own;    // all of the object's light, arms, bar and tails included
  std::vector<float> other;  // the lensed source or the neighbour
  std::vector<float> arms, bar;
};

// Arms are bluer than the disc they are taken from, bars redder: their shares change as (rest wavelength / 6,000 A) to
// the -0.6 and 0.3. `light` and structure.other_light hold the bands of the survey.
StructuredImage structured_image(const ObjectTruth& truth, const ObjectLight& light, const Structure& structure,
                                 const ImagingSurvey& survey);

// 1 where a part is what one sees: where its light is more than a quarter of all of the object's and more than a
// hundredth of its own brightest pixel. In one band, [y, x].
std::vector<float> segment(const float* part, const float* own, size_t pixels);

}  // namespace asterism::sky
