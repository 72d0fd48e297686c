#pragma once
// The gallery of feature maps: image, map, attention, and where patches like its own are found in other images.

#include <ATen/ATen.h>

#include <filesystem>
#include <vector>

#include "eval/dense/patch_grid.h"
#include "io/image_file.h"
#include "modalities/block.h"
#include "models/image_input.h"

namespace asterism::eval {

// [h, w, 3] or [h, w] in 0..1 -> a picture about `side` pixels across, cells square. upwards: row 0 is the lowest.
io::Picture8 coloured_picture(const at::Tensor& colours, bool upwards, int64_t side);

class FeaturePage {
 public:
  FeaturePage(const models::ImageInputSettings& input, bool upwards, const PatchGrid& grid)
      : input_(input), upwards_(upwards), grid_(grid) {}

  // images [N, 3, H, W] as prepared; colours [N, h, w, 3]; objects bool [N, h, w]; attention [N, rows, columns].
  void write(const std::filesystem::path& file, const std::vector<modalities::ObjectKey>& keys,
             const at::Tensor& images, const at::Tensor& colours, const at::Tensor& objects,
             const at::Tensor& attention, double brightness_correlation) const;

 private:
  at::Tensor picture_of(const at::Tensor& image_CHW) const;                                // [H, W, 3] in 0..1
  io::Picture8 cut_out(const at::Tensor& picture_HW3, int64_t row, int64_t column) const;  // around a cell

  const models::ImageInputSettings& input_;
  bool upwards_;
  const PatchGrid& grid_;
};

}  // namespace asterism::eval
