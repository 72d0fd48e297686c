#pragma once
// An image and what came back of it, as pictures: observed, rebuilt, and the difference in units of the noise.

#include <cstdint>
#include <vector>

#include "eval/residual.h"
#include "io/image_file.h"
#include "modalities/block.h"

namespace asterism::eval {

// (observed - rebuilt) / sigma of one band of a row: [H * W], NaN where either is masked. Where the file gives no
// variance, sigma is the scatter of the difference itself, 1.4826 x its median size.
std::vector<float> residual_sigma(const modalities::ImageBlock& observed, const modalities::ImageBlock& rebuilt,
                                  int64_t row, int64_t band);

// Both blocks have the same bands and size (CheckError). Observed and rebuilt are drawn with one stretch, in colour
// from the bands in which anything was observed; of the stamps of an alert the first. Pixels that are masked in a band
// that is drawn are dark grey; those that are masked in either, in the difference.
struct RebuiltPictures {
  io::Picture8 observed, rebuilt;
  std::vector<io::Picture8> residual;  // a band each: blue -5 sigma, white 0, red +5
  std::vector<ChiSquare> chi2;         // a band each
};
RebuiltPictures rebuilt_pictures(const modalities::ImageBlock& observed, const modalities::ImageBlock& rebuilt,
                                 int64_t row);

}  // namespace asterism::eval
