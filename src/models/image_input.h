#pragma once
// From the images of a dataset to what an image encoder was trained on. The settings are part of the model folder.

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "config/settings.h"
#include "modalities/block.h"

namespace asterism::models {

struct ImageInputSettings {
  std::string modality = "image_legacy";
  std::string stretch = "legacy_rgb";  // fluxes to a picture (legacy_rgb.h); "display": planes as they are
  std::string unit = "nanomaggy";
  std::vector<std::string> bands = {"des-g", "des-r", "des-z"};   // wanted, in this order
  std::vector<double> wavelengths_angstrom = {4800, 6400, 9200};  // of these
  std::vector<double> scales = {6.0, 3.4, 2.2};                   // of the stretch
  double pixel_scale_arcsec = 0.262;                              // 0: any
  int64_t crop = 144;  // the middle of it; 0: as much as whole patches fit in
  int64_t resize = 0;  // to which the crop is then brought (bilinear, smoothed where it shrinks); 0: as it is
  std::vector<double> mean, deviation;  // by which planes are shifted and scaled at the end; empty: they are not
  void describe(config::Fields& f);
};

// [n, planes, h, w], h and w multiples of `patch`, float32. Rows of absent images are like any other: the caller knows.
// They are worked on, and lie, on `device`.
// Masked pixels count as their flux says, as in what the models were trained on.
// UserError where the block is no image, and, unless `any_instrument`, where bands, pixel scale or size are others than
// the model was made for. With it: for each band the image's nearest in wavelength (of those without one: the same last
// letter); any pixel scale; of images smaller than the crop as many whole patches as there are.
at::Tensor prepare_images(const modalities::Block& block, const ImageInputSettings& settings, int64_t patch,
                          bool any_instrument, const at::Device& device = at::kCPU);

// The same of images whose pixels are planes on a device already: `frame` says all else of them.
at::Tensor prepare_images(const modalities::ImageBlock& frame, const at::Tensor& flux_NCHW,
                          const ImageInputSettings& settings, int64_t patch, bool any_instrument);

// Where the middle of the images, at which an object lies, is in prepared ones (in pixels, counted from 0 at the centre
// of the first), and how wide their pixels are (0: not known); which pixels of the images they show, and in how many.
// The same errors where they are too small.
struct PreparedGeometry {
  double centre_x = 0, centre_y = 0, pixel_scale_arcsec = 0;
  int64_t top = 0, left = 0, height = 0, width = 0;  // of the images
  int64_t out_height = 0, out_width = 0;
};
// Of a window of the images that is not resized.
PreparedGeometry window_geometry(const modalities::ImageBlock& images, int64_t top, int64_t left, int64_t height,
                                 int64_t width);
PreparedGeometry prepared_geometry(const modalities::ImageBlock& images, const ImageInputSettings& settings,
                                   int64_t patch);

}  // namespace asterism::models
