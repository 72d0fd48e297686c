#include "models/value_embedding_image.h"

#include <algorithm>

#include "base/error.h"
#include "models/grid_positions.h"
#include "models/input_units.h"
#include "models/patch_sums.h"
#include "models/repeated_rows.h"
#include "models/wrap.h"
#include "nn/device.h"
#include "nn/fourier.h"
#include "nn/in_threads.h"

namespace asterism::models {
namespace {

constexpr double kBrightest = 1e6;          // |flux / sigma| is clipped here
constexpr double kUsualNanomaggy = 0.03;    // noise a pixel of the surveys we know: features start near 0 there
constexpr double kPlace = 0.3;              // size of the position beside the pixels
constexpr double kPixelsBesideSums = 0.25;  // what is said of pixels, mostly noise, beside their sums

// [N, C, H, W] -> [N, rows, columns, C, patch, patch], a view.
at::Tensor cut_into_patches(const at::Tensor& image_NCHW, int64_t top, int64_t left, const Grid& grid, int64_t patch) {
  const int64_t n = image_NCHW.size(0), c = image_NCHW.size(1);
  return image_NCHW.narrow(2, top, grid.rows * patch)
      .narrow(3, left, grid.columns * patch)
      .unflatten(2, {grid.rows, patch})
      .unflatten(4, {grid.columns, patch})
      .permute({0, 2, 4, 1, 3, 5})
      .view({n, grid.rows, grid.columns, c, patch, patch});
}

// Good pixels of the part that patches cut, [n, c, height, width] of bool, and the patches that have any, in one pass.
at::Tensor good_pixels(const modalities::ImageBlock& image, int64_t top, int64_t left, const Grid& grid, int64_t patch,
                       std::vector<uint8_t>& usable_NP) {
  const int64_t c = int64_t(image.bands.size()), height = grid.rows * patch, width = grid.columns * patch;
  auto out = at::empty({image.n, c, height, width}, at::kBool);
  usable_NP.assign(size_t(image.n * grid.rows * grid.columns), 0);
  bool* good = out.data_ptr<bool>();
  nn::in_threads(image.n, 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin * c * height; row < end * c * height; ++row) {
      const int64_t plane = row / height, y = row % height, object = plane / c;
      const int64_t from = (plane * image.height + top + y) * image.width + left;
      const uint8_t* mask = image.mask.data() + from;
      const float* ivar = image.ivar.data() + from;
      bool* to = good + row * width;
      for (int64_t x = 0; x < width; ++x) to[x] = (mask[x] == 0) & (ivar[x] > 0);
      if (!image.present[size_t(object)]) continue;
      uint8_t* usable = usable_NP.data() + (object * grid.rows + y / patch) * grid.columns;
      for (int64_t p = 0; p < grid.columns; ++p)
        for (int64_t x = p * patch; x < (p + 1) * patch; ++x) usable[p] |= uint8_t(to[x]);
    }
  });
  return out;
}

}  // namespace

ValueEmbeddingImage::ValueEmbeddingImage(const nn::Scope& scope, std::string modality, int64_t patch, int64_t size,
                                         std::vector<std::string> bands, int64_t width, bool sums)
    : modality_(std::move(modality)),
      patch_(patch),
      size_(size),
      width_(width),
      bands_(scope / "band", std::move(bands), width),
      pixels_(scope / "pixels", 3 * patch * patch, width, false),
      has_sums_(sums),
      modality_D_(scope.parameter("modality", {width}, nn::Init::normal(0.1))) {
  if (has_sums_ && patch < 2) base::user_error("sums over the quarters of a patch want patches of two pixels or more");
  if (has_sums_) sums_ = nn::Linear(scope / "sums", 3 * kPatchRegions, width, false);
}

// Which patches there are, and the first one's corner.
InputEmbedding::View ValueEmbeddingImage::grid_of(const modalities::ImageBlock& image, int64_t& top,
                                                  int64_t& left) const {
  const int64_t c = int64_t(image.bands.size());
  const int64_t height = size_ > 0 ? std::min(size_, image.height) : image.height,
                width = size_ > 0 ? std::min(size_, image.width) : image.width;
  if (height < patch_ || width < patch_ || c == 0)
    base::user_error("'{}' images of {} x {} pixels and {} bands are smaller than one patch of {}: use larger cutouts",
                     modality_, image.height, image.width, c, patch_);
  View out;
  out.grid = {0, height / patch_, width / patch_};
  top = (image.height - out.grid.rows * patch_) / 2, left = (image.width - out.grid.columns * patch_) / 2;
  out.places.rows = pixel_stretches(top - image.height / 2, out.grid.rows, patch_);
  out.places.columns = pixel_stretches(left - image.width / 2, out.grid.columns, patch_);
  return out;
}

PreparedGeometry ValueEmbeddingImage::geometry(const modalities::ImageBlock& images) const {
  int64_t top = 0, left = 0;
  const auto grid = grid_of(images, top, left).grid;
  return window_geometry(images, top, left, grid.rows * patch_, grid.columns * patch_);
}

InputEmbedding::View ValueEmbeddingImage::view(const modalities::ImageBlock& frame, const ImagePixels& pixels) const {
  int64_t top = 0, left = 0;
  auto out = grid_of(frame, top, left);
  const auto cut = [&](const at::Tensor& x) { return cut_into_patches(x, top, left, out.grid, patch_); };
  const auto good = cut(pixels.good_NCHW);
  fill(out, frame, cut(pixels.flux_NCHW), cut(pixels.ivar_NCHW), good);
  out.tensors["usable"] = good.flatten(3).any(3);
  return out;
}

InputEmbedding::View ValueEmbeddingImage::view(const modalities::Block& block) const {
  if (!std::holds_alternative<modalities::ImageBlock>(block))
    base::user_error("'{}' is an image for this model, but the batch holds a {}: check the modality's name", modality_,
                     modalities::kind(block));
  const auto& image = std::get<modalities::ImageBlock>(block);
  const int64_t n = image.n, c = int64_t(image.bands.size());
  int64_t top = 0, left = 0;
  auto out = grid_of(image, top, left);
  const auto device = modality_D_.device();
  auto whole = [&](const auto& buffer) { return wrap(buffer, {n, c, image.height, image.width}); };
  auto cut = [&](const auto& buffer) { return cut_into_patches(whole(buffer), top, left, out.grid, patch_); };
  auto sent = [&](const auto& buffer) {  // as it lies in memory, and cut there
    if (device.is_cpu()) return cut(buffer);
    const auto x = whole(buffer).narrow(2, top, out.grid.rows * patch_).narrow(3, left, out.grid.columns * patch_);
    return cut_into_patches(nn::onto(device, x), 0, 0, out.grid, patch_);
  };
  const auto good = nn::onto(device, good_pixels(image, top, left, out.grid, patch_, out.usable_NP));
  fill(out, image, sent(image.flux), sent(image.ivar), cut_into_patches(good, 0, 0, out.grid, patch_));
  return out;
}

void ValueEmbeddingImage::fill(View& out, const modalities::ImageBlock& known, const at::Tensor& flux,
                               const at::Tensor& ivar, const at::Tensor& good) const {
  check_unit(modality_, known.unit, units_);
  out.tensors["flux"] = flux;
  out.tensors["ivar"] = ivar;
  out.tensors["good"] = good;
  out.tensors["usual_noise"] = at::scalar_tensor(known.unit == "nanomaggy" ? kUsualNanomaggy : 1.0);
  const auto film = bands_(known);
  out.tensors["gate"] = film.gate_NCD;
  out.tensors["shift"] = film.shift_NCD;
}

at::Tensor ValueEmbeddingImage::sum_over_bands(const View& view, const at::Tensor& object,
                                               const at::Tensor& position) const {
  const auto object_R = nn::onto(modality_D_.device(), object), position_R = nn::onto(modality_D_.device(), position);
  const auto row = position_R.div(view.grid.columns, "floor"), column = position_R.remainder(view.grid.columns);
  const auto options = modality_D_.options().requires_grad(false);
  const auto chosen = [&](const char* name) {
    return view.tensors.at(name).index({object_R, row, column}).to(options);
  };
  const auto flux_RCpp = chosen("flux"), ivar_RCpp = chosen("ivar"), good_RCpp = chosen("good");
  const auto good = good_RCpp.flatten(2), ivar = ivar_RCpp.flatten(2);
  const auto usual = view.tensors.at("usual_noise").to(options.dtype()).log();
  const auto signal = (flux_RCpp.flatten(2) * ivar.sqrt()).clamp(-kBrightest, kBrightest).asinh() / 3;
  const auto noise = (-0.5 * ivar.clamp(1e-20, 1e20).log() - usual) / 4;
  const auto x_RCF = at::cat({signal * good, noise * good, 1 - good}, 2);
  const auto seen_RC1 = good.amax(2, true);
  const auto film_gate = repeated_rows(view.tensors.at("gate"), object_R),
             film_shift = repeated_rows(view.tensors.at("shift"), object_R);
  auto read_RCD = pixels_.of_any_rows(x_RCF);
  if (has_sums_) {
    const auto sums = patch_sums(flux_RCpp, ivar_RCpp, good_RCpp > 0);
    const auto level = (sums.error_RC5.clamp_min(1e-20).log() - usual) / 4;
    read_RCD = kPixelsBesideSums * read_RCD +
               sums_(at::cat({sums.signal_RC5, level * (sums.share_RC5 > 0), sums.share_RC5}, 2));
  }
  const auto bands_RCD = (read_RCD * film_gate + film_shift) * seen_RC1;
  return bands_RCD.sum(1) / seen_RC1.sum(1).clamp_min(1).sqrt();
}

at::Tensor ValueEmbeddingImage::embed(const View& view, const at::Tensor& object_R,
                                      const at::Tensor& position_R) const {
  const auto there = nn::onto(modality_D_.device(), std::vector{object_R, position_R});
  return sum_over_bands(view, there[0], there[1]) + place(view, there[1]);
}

at::Tensor ValueEmbeddingImage::patches(const View& view, const at::Tensor& object_R,
                                        const at::Tensor& position_R) const {
  return sum_over_bands(view, object_R, position_R) + modality_D_;
}

at::Tensor ValueEmbeddingImage::place(const View& view, const at::Tensor& position) const {
  const auto options = modality_D_.options().requires_grad(false);
  const auto position_R = nn::onto(modality_D_.device(), position);
  const auto row = position_R.div(view.grid.columns, "floor"), column = position_R.remainder(view.grid.columns);
  const auto y = row.to(options) - 0.5 * double(view.grid.rows - 1),
             z = column.to(options) - 0.5 * double(view.grid.columns - 1);
  const auto place = at::cat({nn::sincos_positions(y, width_ / 2), nn::sincos_positions(z, width_ / 2)}, 1);
  return kPlace * place.to(options) + modality_D_;
}

}  // namespace asterism::models
