#pragma once
// The gallery of feature maps: images, maps, attention, and where patches like one's own are found in other images.
// Letters: N images, H x W pixels, h x w cells.

#include <ATen/ATen.h>

#include <filesystem>
#include <string>
#include <vector>

#include "eval/dense/patch_grid.h"
#include "io/image_file.h"
#include "modalities/block.h"

namespace asterism::eval {

// [h, w, 3] or [h, w] in 0..1 -> a picture about `side` pixels across, cells square. upwards: row 0 is the lowest.
io::Picture8 coloured_picture(const at::Tensor& colours, bool upwards, int64_t side);

struct FeaturePage {
  bool upwards = true;
  std::string looks;  // as PatchEncoder says, where the grid has attention
  int64_t layer = 0;
  double brightness_correlation = 1;  // as of PatchPca
  at::Tensor pictures_NHW3, colours_Nhw3;
  at::Tensor objects_Nhw;     // bool; false where a cell is no token
  at::Tensor brightness_Nhw;  // says which patch is shown of an image where no attention does

  // Each image with its map, and the four nearest to its foremost patch in other images, by the cosine of features.
  void write(const std::filesystem::path& file, const std::vector<modalities::ObjectKey>& keys,
             const PatchGrid& grid) const;
};

}  // namespace asterism::eval
