#pragma once
// What a recipe says of an image codec, and what its folder keeps.

#include <string>
#include <vector>

#include "nn/quantiser.h"
#include "tokenizers/image_grid.h"

namespace asterism::tokenizers {

struct ImageCodecSettings : ImageGridSettings, nn::QuantiserSettings {
  std::vector<double> pixel_scales_arcsec, psf_fwhm_arcsec;  // typical of these bands; set by fit where physical
  std::string band_embedding = "name";  // "name", "field" or "physical"; "table" is an older word for "name"
  std::string scale = "band";   // where asinh turns logarithmic: "band", at `noise`; "image", at each image's sky noise
  double survey_dropout = 0.5;  // physical: share of images that are learned from without names; 1: names never count
  double metadata_stretch = 0.7;  // physical: of these, the largest |ln| of the factors that make another instrument
  double band_dropout =
      0;               // share of bands hidden from the encoder while learning, and asked of the decoder all the same
  int64_t embed = 16;  // channels that the bands are mixed into, at full resolution
  int64_t patch = 2;   // the first step down, by a convolution of this kernel and stride
  std::vector<int64_t> widths{32, 64}, depths{1, 1};  // per stage; each further stage halves the size
  int64_t tokens = 0;  // 0: one a place of the grid; else so many, each of the whole image (as TiTok's, Yu et al. 2024)
  double error_floor = 0.03;  // of the flux of a pixel, added in quadrature to the noise in the loss
  double huber_sigma = 8;     // residuals beyond count linearly in the loss; 0: plain chi^2
  void describe(config::Fields& fields);
};

}  // namespace asterism::tokenizers
