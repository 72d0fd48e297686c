#pragma once
// Patches of a crop encoder (crop_encoder.h): the network of a DINO model that gives its vectors.

#include "models/crop_encoder.h"
#include "models/patch_encoder.h"

namespace asterism::models {

class CropPatches : public PatchEncoder {
 public:
  explicit CropPatches(const CropEncoder& encoder) : encoder_(encoder) {}  // which must outlive it

  int64_t patch() const override { return encoder_.settings().patch; }
  int64_t width() const override { return encoder_.settings().width; }
  int64_t blocks() const override { return encoder_.settings().layers; }
  int64_t heads() const override { return blocks() > 0 ? encoder_.settings().heads : 0; }
  std::string looks() const override { return heads() > 0 ? "CLS" : ""; }
  PreparedGeometry geometry(const modalities::ImageBlock& images) const override { return encoder_.geometry(images); }
  Patches operator()(const modalities::ImageBlock& images, const Part& part, const Request& request) const override;

 private:
  const CropEncoder& encoder_;
};

}  // namespace asterism::models
