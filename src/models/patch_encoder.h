#pragma once
// An encoder of images whose tokens are patches: what maps of features are made of. A model that has one gives it by
// Model::patch_encoder; it looks at images as the model does when it embeds them. Letters: N images, h x w patches, D
// width, H heads, X numbers a row.

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "modalities/block.h"
#include "models/image_input.h"
#include "nn/ranges.h"

namespace asterism::models {

class PatchEncoder {
 public:
  virtual ~PatchEncoder() = default;
  virtual int64_t patch() const = 0;   // pixels a side, of those that it looks at
  virtual int64_t width() const = 0;   // D
  virtual int64_t blocks() const = 0;  // of its transformer
  // Of the attention that it tells; 0: it has no token that looks at patches for the whole image.
  virtual int64_t heads() const = 0;
  virtual std::string looks() const = 0;  // which token that is, "CLS" say; "" without

  // The part of the images that it looks at, a whole number of patches in height and width. UserError: too small.
  virtual PreparedGeometry geometry(const modalities::ImageBlock& images) const = 0;

  // A part of what is looked at: a whole number of patches in height and width, whose first pixel is (top, left) of
  // geometry's out_height x out_width.
  struct Part {
    int64_t top = 0, left = 0, height = 0, width = 0;
  };
  struct Request {
    int64_t layer = -1;  // patches after this block, and what is looked at in it; -1: the last
    bool attention = false;
    bool any_instrument = false;
  };
  struct Patches {              // on the CPU
    at::Tensor features_NhwD;   // float32, after the encoder's last norm; 0 where there is no token
    at::Tensor is_token_Nhw;    // bool: a patch without a good pixel may be none
    at::Tensor attention_NHhw;  // float32; undefined where not asked for, or not told
  };
  // All images present. UserError: no such layer, or an instrument that the model was not made for.
  virtual Patches operator()(const modalities::ImageBlock& images, const Part& part, const Request& request) const = 0;
};

// UserError where an encoder of so many blocks has no block of this number; -1 is the last.
void check_block(int64_t layer, int64_t blocks);

// Row r of rows_RX at place_R[r] of `cells`: [cells, X], float32, on the CPU, zeros elsewhere.
at::Tensor laid_out(const at::Tensor& rows_RX, const std::vector<int64_t>& place_R, int64_t cells);
// bool [cells], true at the places.
at::Tensor marked(const std::vector<int64_t>& place_R, int64_t cells);

}  // namespace asterism::models
