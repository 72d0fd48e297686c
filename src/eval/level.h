#pragma once
// How bright an observation is, in one number or two: the plainest thing that two observations of one object share.

#include <vector>

#include "modalities/block.h"

namespace asterism::eval {

// Columns of one number an object, NaN where there is none: of an image ln |flux| within an eighth of its width of the
// centre, for each band; of a spectrum ln of its median |flux|; of a light curve its brightest, its median and
// its last magnitude, or ln of the largest, the median and the last |flux| (points that are masked, and limits, left
// out). No column for
// other kinds.
std::vector<std::vector<double>> levels_of(const modalities::Block& block);

// Sum and its error, 0 where the image has none, over the disc of an eighth of the width of every object in one band;
// NaN where no pixel is good. Both are appended to.
void add_aperture(const modalities::ImageBlock& image, int64_t band, std::vector<double>& flux,
                  std::vector<double>& error);

}  // namespace asterism::eval
