#pragma once
// Features of the patches of images, on a grid finer than the patches where asked.
// Letters: N images, D width, h x w cells.

#include <ATen/ATen.h>

#include <cstdint>

#include "models/vision_transformer.h"

namespace asterism::eval {

struct PatchGrid {
  at::Tensor features_NhwD;  // normed
  double first = 0;          // centre of cell 0 in pixels, counted from 0 at the centre of the first pixel
  double spacing = 0;        // pixels from cell to cell
};

// stride: pixels between cells, a divisor of the patch (else UserError); 0: the patch. With a smaller one the image
// goes through the model (patch / stride)^2 times, each time begun so many pixels further, one patch smaller in height
// and width; so cells are whole patches that overlap. layer: -1 the last.
PatchGrid patch_grid(const models::VisionTransformer& model, const at::Tensor& images_NCHW, int64_t stride,
                     int64_t layer = -1);

// What CLS looks at in the last block, the mean over heads: [N, rows, columns] of whole patches; sums to at most 1.
at::Tensor cls_attention(const models::VisionTransformer& model, const at::Tensor& images_NCHW);

}  // namespace asterism::eval
