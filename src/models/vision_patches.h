#pragma once
// Patches of a vision transformer of DINOv2's kind (vision_transformer.h): DINOv2, AstroDINO, AstroCLIP's image tower.

#include "models/patch_encoder.h"
#include "models/pooling_head.h"
#include "models/vision_transformer.h"

namespace asterism::models {

class VisionPatches : public PatchEncoder {
 public:
  // The parts must outlive it. bag: patches go through the blocks with neither CLS nor positions, as the released
  // AstroCLIP embeds them; `head`, the one over that bag, then tells in place of CLS what is looked at (null: nobody
  // does), whatever the layer.
  VisionPatches(const VisionTransformer& encoder, const ImageInputSettings& input, bool bag, const PoolingHead* head,
                const at::Device& device)
      : encoder_(encoder), input_(input), bag_(bag), head_(head), device_(device) {}

  int64_t patch() const override { return encoder_.settings().patch; }
  int64_t width() const override { return encoder_.settings().width; }
  int64_t blocks() const override { return encoder_.settings().depth; }
  int64_t heads() const override;
  std::string looks() const override;
  PreparedGeometry geometry(const modalities::ImageBlock& images) const override;
  Patches operator()(const modalities::ImageBlock& images, const Part& part, const Request& request) const override;

 private:
  at::Tensor tokens(const at::Tensor& images_NCHW, int64_t layer) const;     // of patches: [N, P, D]
  at::Tensor attention(const at::Tensor& images_NCHW, int64_t layer) const;  // [N, H, P]

  const VisionTransformer& encoder_;
  const ImageInputSettings& input_;
  bool bag_;
  const PoolingHead* head_;
  at::Device device_;
};

}  // namespace asterism::models
