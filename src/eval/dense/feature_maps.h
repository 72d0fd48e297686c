#pragma once
// Maps of patch features for the images of a dataset: what `asterism model features` does.
//
//   <out>/components.safetensors   PatchPca, to be used again for other images
//   <out>/<n>_<id>.png             the map in colours, first row at the top
//   <out>/<n>_<id>.fits            COMPONENTS [K, h, w] and OBJECT [h, w] (1 objects, 0 sky), with a WCS where position
//                                  and pixel scale are known
//   <out>/index.html               image, map, attention and nearest patches elsewhere, side by side

#include <cstdint>
#include <filesystem>
#include <string>

namespace asterism::eval {

struct FeatureMapOptions {
  std::filesystem::path model, dataset, out;
  std::filesystem::path components_from;  // components.safetensors of an earlier call; empty: fitted on these images
  int64_t objects = 48;                   // the first so many that have an image
  int64_t components = 3;
  int64_t stride = 0;  // pixels between cells; 0: the patch
  int64_t layer = -1;
  bool any_instrument = false;
};

struct FeatureMapResult {
  int64_t objects = 0, rows = 0, columns = 0;
  double object_share = 0;            // of cells
  double brightness_correlation = 0;  // see PatchPca
};

// UserError: a model without image encoder, no image in the dataset, `out` exists.
FeatureMapResult feature_maps(const FeatureMapOptions& options);

}  // namespace asterism::eval
