#include "models/vision_patches.h"

#include "models/wrap.h"
#include "nn/device.h"

namespace asterism::models {

int64_t VisionPatches::heads() const {
  if (bag_) return head_ != nullptr ? head_->settings.heads : 0;
  return blocks() > 0 ? encoder_.settings().heads : 0;
}

std::string VisionPatches::looks() const {
  if (heads() == 0) return "";
  return bag_ ? "the query of the head" : "CLS";
}

PreparedGeometry VisionPatches::geometry(const modalities::ImageBlock& images) const {
  return prepared_geometry(images, input_, patch());
}

at::Tensor VisionPatches::tokens(const at::Tensor& images, int64_t layer) const {
  if (bag_) return encoder_.bag_of_patches(images, layer);
  if (layer < 0) return encoder_(images).patches_BPD;
  const auto all = encoder_.layers(images, {layer}, true)[0];
  const int64_t before = 1 + encoder_.settings().registers;
  return all.narrow(1, before, all.size(1) - before);
}

at::Tensor VisionPatches::attention(const at::Tensor& images, int64_t layer) const {
  if (bag_) return (*head_)(encoder_.bag_of_patches(images)).weights_BHN;
  const auto all = encoder_.attention(images, layer < 0 ? blocks() - 1 : layer, 1).squeeze(2);
  const int64_t before = 1 + encoder_.settings().registers;
  return all.narrow(2, before, all.size(2) - before);
}

PatchEncoder::Patches VisionPatches::operator()(const modalities::ImageBlock& images, const Part& part,
                                                const Request& request) const {
  const at::NoGradGuard no_grad;
  check_block(request.layer, blocks());
  const auto flux = wrap(images.flux, {images.n, int64_t(images.bands.size()), images.height, images.width});
  const auto whole = prepare_images(images, flux, input_, patch(), request.any_instrument);
  const auto x =
      nn::onto(device_, whole.narrow(2, part.top, part.height).narrow(3, part.left, part.width).contiguous());
  const int64_t rows = part.height / patch(), columns = part.width / patch();
  const auto here = [](const at::Tensor& made) { return made.to(at::kFloat).to(at::kCPU); };
  Patches out;
  out.features_NhwD = here(tokens(x, request.layer)).reshape({images.n, rows, columns, width()});
  out.is_token_Nhw = at::ones({images.n, rows, columns}, at::kBool);
  if (request.attention && heads() > 0)
    out.attention_NHhw = here(attention(x, request.layer)).reshape({images.n, heads(), rows, columns});
  return out;
}

}  // namespace asterism::models
