#include "models/crop_patches.h"

#include "base/error.h"
#include "modalities/image.h"
#include "nn/device.h"

namespace asterism::models {

PatchEncoder::Patches CropPatches::operator()(const modalities::ImageBlock& images, const Part& part,
                                              const Request& request) const {
  const at::NoGradGuard no_grad;
  check_block(request.layer, blocks());
  const auto whole = geometry(images);
  const modalities::Block block(
      modalities::cut_images(images, whole.top + part.top, whole.left + part.left, part.height, part.width));
  const std::vector<CropEncoder::Crops> sets{encoder_.look(block, request.any_instrument)};
  const int64_t h = part.height / patch(), w = part.width / patch(), cells = images.n * h * w;
  ASTERISM_CHECK(sets[0].view.grid.rows == h && sets[0].view.grid.columns == w, "a part is looked at as it is");
  const auto encoded = encoder_(sets, {}, request.layer);
  std::vector<int64_t> row, place;
  for (int64_t cell = 0; cell < cells; ++cell)
    if (encoded.patch_row[0][size_t(cell)] >= 0)
      row.push_back(encoded.patch_row[0][size_t(cell)]), place.push_back(cell);
  const auto rows = nn::onto(encoded.rows_RD.device(), row);
  Patches out;
  const auto chosen = encoded.rows_RD.index_select(0, rows);
  out.features_NhwD =
      laid_out(request.layer < 0 ? chosen : encoder_.normed(chosen), place, cells).view({images.n, h, w, width()});
  out.is_token_Nhw = marked(place, cells).view({images.n, h, w});
  if (request.attention && heads() > 0)
    out.attention_NHhw = laid_out(encoder_.cls_attention(sets, request.layer).index_select(0, rows), place, cells)
                             .view({images.n, h, w, heads()})
                             .permute({0, 3, 1, 2})
                             .contiguous();
  return out;
}

}  // namespace asterism::models
