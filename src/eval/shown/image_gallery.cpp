#include "eval/shown/image_gallery.h"

#include <fmt/format.h>

#include "eval/shown/rebuilt_pictures.h"

namespace asterism::eval {

report::Gallery image_gallery(const std::string& modality, const modalities::ImageBlock& observed,
                              const modalities::ImageBlock& rebuilt, const std::vector<Shown>& shown, double bits) {
  report::Gallery gallery;
  gallery.rows.resize(2 + observed.bands.size());
  gallery.rows[0].label = "observed";
  gallery.rows[1].label = "from tokens";
  for (size_t band = 0; band < observed.bands.size(); ++band)
    gallery.rows[2 + band].label = "residual, " + observed.bands[band].name;
  for (const auto& one : shown) {
    const auto pictures = rebuilt_pictures(observed, rebuilt, one.row);
    gallery.rows[0].tiles.push_back({.image = report::png_uri(pictures.observed), .caption = one.name});
    gallery.rows[1].tiles.push_back({.image = report::png_uri(pictures.rebuilt)});
    for (size_t band = 0; band < observed.bands.size(); ++band) {
      const auto& chi2 = pictures.chi2[band];
      const bool told = observed.has_ivar && chi2.count > 0;
      gallery.rows[2 + band].tiles.push_back({.image = report::png_uri(pictures.residual[band]),
                                              .caption = told ? fmt::format("chi2/px {:.2f}", chi2.per_value) : ""});
    }
  }
  gallery.caption = fmt::format(
      "{}: observed, rebuilt from {:.0f} bits with the same stretch, and the difference in units of {} (blue -5, red "
      "+5), the brightest object first. Dark grey: masked, or not covered by the tokens.",
      modality, bits, observed.has_ivar ? "the noise" : "its own scatter, since the file gives no variance");
  return gallery;
}

}  // namespace asterism::eval
