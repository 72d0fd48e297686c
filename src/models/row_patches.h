#pragma once
// Patches of an encoder whose tokens are patches of measured bands and nothing else (value_embedding_image.h): those of
// a masked image model and of a contrastive tower that learned from nothing. Its vectors are means over them, so no
// token looks at the others for the image.

#include "models/patch_encoder.h"
#include "models/value_embedding_image.h"
#include "nn/norm.h"
#include "nn/transformer.h"

namespace asterism::models {

class RowPatches : public PatchEncoder {
 public:
  // The parts must outlive it.
  RowPatches(const ValueEmbeddingImage& input, const nn::Encoder& encoder, const nn::LayerNorm& norm)
      : input_(input), encoder_(encoder), norm_(norm) {}

  int64_t patch() const override { return input_.patch(); }
  int64_t width() const override { return norm_.weight.size(0); }
  int64_t blocks() const override { return int64_t(encoder_.blocks.size()); }
  int64_t heads() const override { return 0; }
  std::string looks() const override { return ""; }
  PreparedGeometry geometry(const modalities::ImageBlock& images) const override { return input_.geometry(images); }
  Patches operator()(const modalities::ImageBlock& images, const Part& part, const Request& request) const override;

 private:
  const ValueEmbeddingImage& input_;
  const nn::Encoder& encoder_;
  const nn::LayerNorm& norm_;
};

}  // namespace asterism::models
