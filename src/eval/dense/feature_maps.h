#pragma once
// Maps of patch features for the images of a dataset: what `asterism model features` does.
//
//   <out>/components.safetensors   PatchPca, to be used again for other images
//   <out>/<n>_<id>.png             the map in colours, first row at the top
//   <out>/<n>_<id>.fits            components, objects, attention and features (map_fits.h)
//   <out>/index.html               image, map, attention and nearest patches elsewhere, side by side

#include <cstdint>
#include <filesystem>
#include <string>

namespace asterism::eval {

struct FeatureMapOptions {
  std::filesystem::path model, dataset, out;
  std::filesystem::path components_from;  // components.safetensors of an earlier call; empty: fitted on these images
  std::string modality;                   // empty: the first that the model reads as patches and the dataset has
  int64_t objects = 48;                   // the first so many that have an image
  int64_t components = 3;
  int64_t stride = 0;  // pixels between cells; 0: the patch
  int64_t layer = -1;
  bool raw = false;  // the features themselves in the FITS files too
  bool any_instrument = false;
  std::string device = "auto";  // where the encoder computes: nn::choose_device
};

struct FeatureMapResult {
  std::string modality;
  int64_t objects = 0, rows = 0, columns = 0;
  int64_t width = 0, heads = 0;       // of features, and of attention
  double object_share = 0;            // of cells with a token
  double brightness_correlation = 0;  // see PatchPca
};

// UserError: components of other features,
// a model without an encoder of images as patches (it says what the model gives), no image of its in the
// dataset, no such layer, `out` exists.
FeatureMapResult feature_maps(const FeatureMapOptions& options);

}  // namespace asterism::eval
