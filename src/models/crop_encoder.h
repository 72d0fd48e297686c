#pragma once
// A vision transformer over crops of any number, size and bands in one packed batch without padding: blocks, CLS,
// registers, mask token and learned positions as DINOv2 has them (vision_block.h, vision_transformer.h), patches of
// measured bands (value_embedding_image.h) or of a colour picture (picture_embedding.h). Patches without a good pixel
// are no tokens. Letters: N images of a set, P patches, G images of all sets, R rows, D width.

#include <memory>
#include <string>
#include <vector>

#include "models/picture_embedding.h"
#include "models/value_embedding_image.h"
#include "models/vision_block.h"

namespace asterism::models {

struct CropEncoderSettings {
  std::string input = "bands";            // or "picture"
  int64_t patch = 8, size = 64;           // size: pixels a side that positions are learned for, and that is looked at
  std::vector<std::string> bands, units;  // units: of what it learned from, others are refused; none: not known
  PictureSettings picture;
  int64_t width = 192, heads = 6, layers = 6, registers = 0;
  double mlp_ratio = 4, layer_scale = 1e-5, drop_path = 0;
  bool gated_mlp = false;
};

class CropEncoder {
 public:
  CropEncoder() = default;
  CropEncoder(const nn::Scope& scope, CropEncoderSettings settings);

  // Images of one size, and which of their patches are hidden [N P] (empty: none). The block must outlive it.
  struct Crops {
    InputEmbedding::View view;
    std::vector<uint8_t> hidden_NP;
    int64_t images() const { return int64_t(view.usable_NP.size()) / std::max<int64_t>(1, view.grid.positions()); }
  };
  Crops look(const modalities::Block& images, bool any_instrument = false) const;
  // The same of pixels that lie where the encoder computes; which patches are usable is then still to be read, for
  // several sets at once, so that a device is waited for once.
  Crops look(const modalities::ImageBlock& frame, const ImagePixels& pixels) const;
  static void read_usable(std::vector<Crops>& sets);

  // Rows of every image of every set, set after set: CLS, registers, usable patches; none where no patch is usable.
  struct Encoded {
    at::Tensor rows_RD;  // normed (of an inner block: not)
    nn::Ranges images;   // one group an image: G of them
    // [G] and one for each set [N P]: where a CLS, and where a patch, stands among the rows; -1: nowhere
    std::vector<int64_t> cls_row;
    std::vector<std::vector<int64_t>> patch_row;
    std::vector<int64_t> patch_rows_of(int64_t image) const;  // of one of the G, in order
    int64_t before = 1;                                       // rows of an image before its patches
  };
  // layer: the last block that is gone through; -1: all, and the norm.
  Encoded operator()(const std::vector<Crops>& sets, const nn::DropKey& drop = {}, int64_t layer = -1) const;
  at::Tensor normed(const at::Tensor& rows_RD) const { return norm_(rows_RD); }
  // What a hidden patch goes in as: the mask token where it lies in a grid of rows x columns. [R] -> [R, D]
  at::Tensor hidden_rows(int64_t rows, int64_t columns, const at::Tensor& position_R) const;
  // How much the CLS of an image looks at each of its rows in this block (-1: the last), head by head: [R, H], rows in
  // the order of Encoded. Those of an image add up to 1. ASTERISM_CHECK: there is such a block.
  at::Tensor cls_attention(const std::vector<Crops>& sets, int64_t layer = -1) const;
  // The part of images that look() takes. UserError: they are smaller than a patch.
  PreparedGeometry geometry(const modalities::ImageBlock& images) const;

  const CropEncoderSettings& settings() const { return settings_; }
  void expect(const std::vector<std::string>& units);  // from now on; pictures say by themselves what they are made of
  // 0 to layers - 1 for a block's parameter, -1 before the blocks, `layers` after, -2: has no part in tokens (the mask
  // token). name: without what stands before the encoder's own.
  int64_t block_of(const std::string& name) const;

 private:
  // Which patch each row is, set by set, and the order in which they are laid out behind CLS and registers.
  struct Layout {
    struct Rows {
      std::vector<int64_t> object, position, hidden;
    };
    std::vector<Rows> rows;
    std::vector<int64_t> order;
  };
  at::Tensor through_blocks(const at::Tensor& x_RD, const nn::Ranges& images, size_t end,
                            const nn::DropKey& drop) const;  // the first `end` of them
  Layout lay_out(const std::vector<Crops>& sets, Encoded& out) const;
  // What goes into the first block, and in `out` what its rows are; undefined where there are none.
  at::Tensor first_rows(const std::vector<Crops>& sets, Encoded& out) const;
  // hidden_R: int64, 1 where the mask token stands in; undefined: nowhere
  at::Tensor place(int64_t rows, int64_t columns, const at::Tensor& position_R) const;
  at::Tensor patches(const Crops& crops, const at::Tensor& object_R, const at::Tensor& position_R,
                     const at::Tensor& hidden_R) const;

  CropEncoderSettings settings_;
  std::shared_ptr<ValueEmbeddingImage> bands_;
  std::shared_ptr<PictureEmbedding> picture_;
  at::Tensor cls_token_, pos_embed_, mask_token_, register_tokens_;
  std::vector<VisionBlock> blocks_;
  nn::LayerNorm norm_;
};

}  // namespace asterism::models
