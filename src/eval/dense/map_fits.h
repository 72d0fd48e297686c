#pragma once
// The map of one image as a FITS file: what `asterism model features` writes beside the picture.
//
//   COMPONENTS [K, h, w]   scores of the leading components
//   OBJECT [h, w]          1 objects, 0 sky
//   ATTENTION [H, r, c]    of each head, on whole patches; where the encoder tells any
//   FEATURES [D, h, w]     the features themselves; where asked for
//
// NaN where a cell is no token. Each with a WCS where position and pixel scale are known.

#include <ATen/ATen.h>

#include <filesystem>

#include "eval/dense/patch_grid.h"
#include "modalities/block.h"
#include "models/image_input.h"

namespace asterism::eval {

struct MapImages {
  at::Tensor components_Khw, object_hw, is_token_hw;
  at::Tensor attention_Hrc, features_Dhw;  // undefined: left out
};

// How cells lie on the sky.
struct MapFrame {
  models::PreparedGeometry geometry;
  int64_t patch = 0;
  double first = 0, spacing = 0;  // as of PatchGrid
  bool upwards = true;            // rows run upwards on the sky
  int64_t layer = 0;              // written as LAYER: the block that it is of
};

void write_map_fits(const std::filesystem::path& path, const modalities::ObjectKey& object, const MapFrame& frame,
                    const MapImages& images);

}  // namespace asterism::eval
