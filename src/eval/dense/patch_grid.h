#pragma once
// Features of the patches of images, on a grid finer than the patches where asked.
// Letters: N images, D width, H heads, h x w cells, r x c whole patches.

#include <ATen/ATen.h>

#include <cstdint>

#include "modalities/block.h"
#include "models/patch_encoder.h"

namespace asterism::eval {

struct PatchGrid {
  at::Tensor features_NhwD;   // normed; 0 where a cell is no token
  at::Tensor is_token_Nhw;    // bool
  at::Tensor attention_NHrc;  // of whole patches, whatever the stride; undefined where the encoder tells none
  int64_t patch = 0;          // pixels
  double first = 0;           // centre of cell 0 in pixels, counted from 0 at the centre of the first pixel
  double spacing = 0;         // pixels from cell to cell
};

struct PatchGridRequest {
  int64_t stride = 0;  // pixels between cells, a divisor of the patch; 0: the patch
  int64_t layer = -1;  // -1: the last
  bool any_instrument = false;
};

// With a stride smaller than the patch the images go through the model (patch / stride)^2 times, each time begun so
// many pixels further, one patch smaller in height and width; so cells are whole patches that overlap. All images
// present. UserError: a stride that divides no patch, images of fewer than two patches for one that does, and what the
// encoder refuses.
PatchGrid patch_grid(const models::PatchEncoder& encoder, const modalities::ImageBlock& images,
                     const PatchGridRequest& request = {});

// The mean over heads on the cells of the grid, each that of the whole patch next to it: [N, h, w]. The grid has
// attention.
at::Tensor attention_of_cells(const PatchGrid& grid);

}  // namespace asterism::eval
