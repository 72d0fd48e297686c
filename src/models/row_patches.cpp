#include "models/row_patches.h"

#include "base/error.h"
#include "modalities/image.h"
#include "models/wrap.h"

namespace asterism::models {

PatchEncoder::Patches RowPatches::operator()(const modalities::ImageBlock& images, const Part& part,
                                             const Request& request) const {
  const at::NoGradGuard no_grad;
  check_block(request.layer, blocks());
  const auto whole = geometry(images);
  const modalities::Block block(
      modalities::cut_images(images, whole.top + part.top, whole.left + part.left, part.height, part.width));
  const auto view = input_.view(block);
  const int64_t h = part.height / patch(), w = part.width / patch(), P = h * w;
  ASTERISM_CHECK(view.grid.rows == h && view.grid.columns == w, "a part is looked at as it is");
  std::vector<int64_t> object, position, place;
  nn::Ranges objects;
  for (int64_t i = 0; i < images.n; ++i) {
    const auto before = int64_t(place.size());
    for (int64_t p = 0; p < P; ++p)
      if (view.usable_NP[size_t(i * P + p)] != 0)
        object.push_back(i), position.push_back(p), place.push_back(i * P + p);
    objects.add(int64_t(place.size()) - before);
  }
  Patches out;
  out.is_token_Nhw = marked(place, images.n * P).view({images.n, h, w});
  if (place.empty()) {
    out.features_NhwD = at::zeros({images.n, h, w, width()});
    return out;
  }
  const auto x = input_.embed(view, copied(object), copied(position)).to(norm_.weight.scalar_type());
  const auto rows = norm_(encoder_.rows(x, objects, {}, request.layer < 0 ? -1 : request.layer + 1));
  out.features_NhwD = laid_out(rows, place, images.n * P).view({images.n, h, w, width()});
  return out;
}

}  // namespace asterism::models
