#pragma once
// The images of a dataset through an encoder of patches.

#include <string>
#include <vector>

#include "data/hats_read.h"
#include "eval/dense/patch_grid.h"
#include "modalities/block.h"
#include "models/patch_encoder.h"

namespace asterism::eval {

struct PatchMaps {
  std::vector<modalities::ObjectKey> objects;  // N of them
  PatchGrid grid;
  at::Tensor pictures_NHW3;           // window_pictures
  models::PreparedGeometry geometry;  // of all of them
  bool upwards = true;                // rows run upwards on the sky: those of fluxes; of pictures they run downwards
};

// The first `most` objects of the dataset that have this modality. UserError: it is no image, none has it, and as
// patch_grid. DataError: images of other sizes or pixels than the first.
PatchMaps patch_maps(const models::PatchEncoder& encoder, const data::HatsReader& reader, const std::string& modality,
                     int64_t most, const PatchGridRequest& request);

}  // namespace asterism::eval
