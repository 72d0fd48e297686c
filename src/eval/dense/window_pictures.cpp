#include "eval/dense/window_pictures.h"

#include <vector>

#include "modalities/image.h"
#include "models/wrap.h"
#include "report/stretch.h"

namespace asterism::eval {
namespace {

at::Tensor stretched(const modalities::ImageBlock& images) {
  const auto bands = int64_t(images.bands.size());
  const auto each = size_t(bands * images.height * images.width);
  report::LuptonOptions options;
  options.flip = false;
  std::vector<at::Tensor> out;
  for (int64_t i = 0; i < images.n; ++i) {
    const std::span<const float> flux{images.flux.data() + size_t(i) * each, each};
    auto picture = report::bands_rgb(flux, bands, images.height, images.width, options);
    const auto bytes =
        at::from_blob(picture.values.data(), {picture.height, picture.width, picture.channels}, at::kByte);
    out.push_back((bytes.to(at::kFloat) / 255).expand({-1, -1, 3}));
  }
  return at::stack(out);
}

}  // namespace

at::Tensor window_pictures(const modalities::ImageBlock& images, const models::PreparedGeometry& window) {
  if (images.n == 0) return at::zeros({0, window.out_height, window.out_width, 3});
  const auto cut = modalities::cut_images(images, window.top, window.left, window.height, window.width);
  const auto bands = int64_t(cut.bands.size());
  at::Tensor out;
  if (cut.unit == "display") {
    const auto planes = models::wrap(cut.flux, {cut.n, bands, cut.height, cut.width});
    const auto chosen = models::copied({0, bands / 2, bands - 1});
    out = planes.index_select(1, chosen).permute({0, 2, 3, 1}).clamp(0, 1).contiguous();
  } else {
    out = stretched(cut);
  }
  if (window.out_height == window.height && window.out_width == window.width) return out;
  return at::_upsample_bilinear2d_aa(out.permute({0, 3, 1, 2}).contiguous(), {window.out_height, window.out_width},
                                     false)
      .permute({0, 2, 3, 1})
      .contiguous();
}

}  // namespace asterism::eval
