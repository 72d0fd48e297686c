#pragma once
// Images as patches of what was measured: per band asinh(flux / sigma), ln sigma and a mask through one linear map,
// gated by the band (band_embedding.h) and summed over the bands that see the patch; plus a 2-D position from the
// centre of the image. Letters: N objects, P patches, C bands, R rows drawn, D width.

#include "models/band_embedding.h"
#include "models/image_input.h"
#include "models/image_planes.h"
#include "models/input_embedding.h"
#include "nn/linear.h"

namespace asterism::models {

class ValueEmbeddingImage : public InputEmbedding {
 public:
  // patch: pixels a side; size: crop about the centre to size x size pixels first (0: do not); sums: the light of each
  // patch and of its quarters goes in beside its pixels (patch_sums.h).
  ValueEmbeddingImage(const nn::Scope& scope, std::string modality, int64_t patch, int64_t size,
                      std::vector<std::string> bands, int64_t width, bool sums = false);

  // Pixels beyond a whole number of patches are left out on both sides alike.
  View view(const modalities::Block& block) const override;
  at::Tensor embed(const View& view, const at::Tensor& object_R, const at::Tensor& position_R) const override;
  // Of images whose pixels lie on the device already: usable_NP is empty, and tensors["usable"] [N, rows, columns] says
  // it there. All are present.
  View view(const modalities::ImageBlock& frame, const ImagePixels& pixels) const;
  // The same without where the patches lie: for models that learn positions of their own.
  at::Tensor patches(const View& view, const at::Tensor& object_R, const at::Tensor& position_R) const;
  // Where patches lie, and that they are of this modality: what is known of a patch that is not shown. [R] -> [R, D]
  at::Tensor place(const View& view, const at::Tensor& position_R) const;
  int64_t patch() const { return patch_; }
  // Images in other units than these are refused from now on, where there are any: noise beside what is usual, and so
  // the tokens, are told in the unit of the pixels.
  void expect(std::vector<std::string> units) { units_ = std::move(units); }
  PreparedGeometry geometry(const modalities::ImageBlock& images) const;  // of what patches are cut from

 private:
  View grid_of(const modalities::ImageBlock& image, int64_t& top, int64_t& left) const;
  void fill(View& out, const modalities::ImageBlock& known, const at::Tensor& flux, const at::Tensor& ivar,
            const at::Tensor& good) const;
  at::Tensor sum_over_bands(const View& view, const at::Tensor& object_R, const at::Tensor& position_R) const;

  std::string modality_;
  int64_t patch_, size_, width_;
  std::vector<std::string> units_;
  BandEmbedding bands_;
  nn::Linear pixels_, sums_;
  bool has_sums_ = false;
  at::Tensor modality_D_;
};

}  // namespace asterism::models
