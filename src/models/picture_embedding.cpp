#include "models/picture_embedding.h"

#include <algorithm>

#include "base/error.h"
#include "models/legacy_rgb.h"
#include "models/wrap.h"
#include "nn/device.h"

namespace asterism::models {
namespace {

// [N, C, H, W] -> [N, P, C patch patch]
at::Tensor cut_into_patches(const at::Tensor& x, int64_t patch) {
  const int64_t n = x.size(0), c = x.size(1), rows = x.size(2) / patch, columns = x.size(3) / patch;
  return x.reshape({n, c, rows, patch, columns, patch})
      .permute({0, 2, 4, 1, 3, 5})
      .reshape({n, rows * columns, c * patch * patch});
}

}  // namespace

void PictureSettings::describe(config::Fields& f) {
  f.add("bands", bands, "of flux images, from blue to red: the last is the picture's red plane");
  f.add("wavelengths_angstrom", wavelengths_angstrom, "of these").between(1, 1e8);
  f.add("scales", scales, "of the stretch, one a band").between(1e-9, 1e9);
  f.add("mean", mean, "taken from the picture's values, 0 to 1").between(-1, 1);
  f.add("deviation", deviation, "by which they are then divided").between(1e-3, 10);
}

PictureEmbedding::PictureEmbedding(const nn::Scope& scope, PictureSettings settings, int64_t patch, int64_t size,
                                   int64_t width)
    : settings_(std::move(settings)), patch_(patch), size_(size) {
  const auto c = int64_t(settings_.bands.size());
  if (c == 0 || settings_.scales.size() != settings_.bands.size() ||
      settings_.wavelengths_angstrom.size() != settings_.bands.size())
    base::user_error("picture: {} bands, {} wavelengths, {} scales: give one of each for every band", c,
                     settings_.wavelengths_angstrom.size(), settings_.scales.size());
  const auto proj = scope / "proj";
  weight_ = proj.parameter("weight", {width, c, patch, patch}, nn::Init::kaiming(c * patch * patch));
  bias_ = proj.parameter("bias", {width}, nn::Init::kaiming(c * patch * patch));
}

ImageInputSettings PictureEmbedding::input_of(const modalities::ImageBlock& images) const {
  ImageInputSettings input;
  input.modality = "images";
  input.pixel_scale_arcsec = 0;
  input.crop = size_ > 0 ? std::min(size_, std::min(images.height, images.width)) : 0;
  input.unit = images.unit == "display" ? "display" : "nanomaggy";
  input.bands = settings_.bands;
  input.wavelengths_angstrom = settings_.wavelengths_angstrom;
  input.scales = settings_.scales;
  if (images.unit == "display") {
    input.stretch = "display";
    input.bands.clear();
    for (const auto& band : images.bands) input.bands.push_back(band.name);
    if (input.bands.size() != settings_.bands.size())
      base::user_error("a picture of {} planes for a model of {}: give it pictures of as many", input.bands.size(),
                       settings_.bands.size());
  }
  return input;
}

InputEmbedding::View PictureEmbedding::view_of(const at::Tensor& planes) const {
  InputEmbedding::View out;
  out.grid = {0, planes.size(2) / patch_, planes.size(3) / patch_};
  out.tensors["picture"] = cut_into_patches((planes - settings_.mean) / settings_.deviation, patch_);
  return out;
}

InputEmbedding::View PictureEmbedding::view(const modalities::Block& block, bool any_instrument) const {
  if (!std::holds_alternative<modalities::ImageBlock>(block))
    base::user_error("this model reads images, but the batch holds a {}: check the modality's name",
                     modalities::kind(block));
  const auto& images = std::get<modalities::ImageBlock>(block);
  const auto planes = prepare_images(block, input_of(images), patch_, any_instrument, weight_.device());
  auto out = view_of(planes);
  const std::vector<int64_t> shape = {images.n, int64_t(images.bands.size()), images.height, images.width};
  const auto good = wrap(images.mask, shape).eq(0).logical_and(wrap(images.ivar, shape).gt(0));
  const auto seen = cut_into_patches(centre_crop(good, planes.size(2), planes.size(3)), patch_)
                        .any(2)
                        .logical_and(wrap(images.present, {images.n, 1}).gt(0))
                        .to(at::kByte)
                        .contiguous();
  out.usable_NP.assign(seen.const_data_ptr<uint8_t>(), seen.const_data_ptr<uint8_t>() + seen.numel());
  return out;
}

InputEmbedding::View PictureEmbedding::view(const modalities::ImageBlock& frame, const ImagePixels& pixels,
                                            bool any_instrument) const {
  const auto planes = prepare_images(frame, pixels.flux_NCHW, input_of(frame), patch_, any_instrument);
  auto out = view_of(planes);
  out.tensors["usable"] =
      cut_into_patches(centre_crop(pixels.good_NCHW, planes.size(2), planes.size(3)), patch_).any(2);
  return out;
}

PreparedGeometry PictureEmbedding::geometry(const modalities::ImageBlock& images) const {
  return prepared_geometry(images, input_of(images), patch_);
}

at::Tensor PictureEmbedding::patches(const InputEmbedding::View& view, const at::Tensor& object_R,
                                     const at::Tensor& position_R) const {
  const auto there = nn::onto(weight_.device(), std::vector{object_R, position_R});
  const auto chosen = view.tensors.at("picture").index({there[0], there[1]}).to(weight_.scalar_type());
  return at::linear(chosen, weight_.flatten(1), bias_);
}

}  // namespace asterism::models
