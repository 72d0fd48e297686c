#include "eval/shown/rebuilt_pictures.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "base/error.h"
#include "base/quantile.h"
#include "data/picture.h"
#include "report/stretch.h"

namespace asterism::eval {
namespace {

using modalities::ImageBlock;

constexpr uint8_t kMissing = 40;  // as report/stretch.h paints what is missing

struct Place {
  size_t begin = 0, pixels = 0;
};
Place place_of(const ImageBlock& images, int64_t row, int64_t band) {
  const auto pixels = size_t(images.height * images.width);
  return {(size_t(row) * images.bands.size() + size_t(band)) * pixels, pixels};
}

// 1.4826 x the median size of what is finite; 1 where that is 0 or there is none.
double scatter_of(std::vector<float> values) {
  std::erase_if(values, [](float v) { return !std::isfinite(v); });
  if (values.empty()) return 1;
  for (float& value : values) value = std::abs(value);
  const float median = base::middle(std::move(values));
  return median > 0 ? 1.4826 * double(median) : 1;
}

// The bands that make the picture: those with a good pixel, all where there is none. The planes of an alert are of one
// filter: the first.
std::vector<int64_t> drawn_bands(const ImageBlock& images, int64_t row) {
  std::vector<int64_t> out, all;
  for (int64_t band = 0; band < int64_t(images.bands.size()); ++band) {
    if (images.bands[size_t(band)].name.ends_with("difference")) return {0};
    const auto place = place_of(images, row, band);
    const auto first = images.mask.begin() + std::ptrdiff_t(place.begin);
    all.push_back(band);
    if (std::find(first, first + std::ptrdiff_t(place.pixels), uint8_t{0}) != first + std::ptrdiff_t(place.pixels))
      out.push_back(band);
  }
  return out.empty() ? all : out;
}

// Fluxes of these bands, NaN where masked.
std::vector<float> drawn_flux(const ImageBlock& images, int64_t row, const std::vector<int64_t>& bands) {
  std::vector<float> out;
  for (const int64_t band : bands) {
    const auto place = place_of(images, row, band);
    for (size_t at = place.begin; at < place.begin + place.pixels; ++at)
      out.push_back(images.mask[at] != 0 ? std::numeric_limits<float>::quiet_NaN() : images.flux[at]);
  }
  return out;
}

// Colours as they are, first row at the top.
io::Picture8 display_colours(const ImageBlock& images, int64_t row) {
  auto out = data::picture_of(images, row);
  for (int64_t band = 0; band < int64_t(images.bands.size()); ++band) {
    const auto place = place_of(images, row, band);
    for (size_t i = 0; i < place.pixels; ++i)
      for (size_t c = 0; c < size_t(out.channels) && images.mask[place.begin + i] != 0; ++c)
        out.values[i * size_t(out.channels) + c] = kMissing;
  }
  return out;
}

// `like`: fluxes whose stretch is taken.
io::Picture8 drawn_like(const std::vector<float>& flux, const std::vector<float>& like, const ImageBlock& images) {
  const int64_t bands = int64_t(flux.size()) / (images.height * images.width);
  if (bands == 1) return report::grey_asinh(flux, images.height, images.width, report::grey_options_of(like));
  report::LuptonOptions options;
  options.stretch = report::stretch_of(like, bands, images.height, images.width);
  return report::bands_rgb(flux, bands, images.height, images.width, options);
}

}  // namespace

std::vector<float> residual_sigma(const ImageBlock& observed, const ImageBlock& rebuilt, int64_t row, int64_t band) {
  const auto place = place_of(observed, row, band);
  std::vector<float> out(place.pixels, std::numeric_limits<float>::quiet_NaN());
  for (size_t i = 0; i < place.pixels; ++i) {
    const size_t at = place.begin + i;
    if (observed.mask[at] != 0 || !(observed.ivar[at] > 0) || rebuilt.mask[at] != 0) continue;
    out[i] = (observed.flux[at] - rebuilt.flux[at]) * std::sqrt(observed.ivar[at]);
  }
  if (observed.has_ivar) return out;
  const auto scatter = float(scatter_of(out));
  for (float& value : out) value /= scatter;
  return out;
}

RebuiltPictures rebuilt_pictures(const ImageBlock& observed, const ImageBlock& rebuilt, int64_t row) {
  ASTERISM_CHECK(observed.height == rebuilt.height && observed.width == rebuilt.width &&
                     observed.bands.size() == rebuilt.bands.size() && !observed.bands.empty(),
                 "images of {} x {} x {} and of {} x {} x {}", observed.bands.size(), observed.height, observed.width,
                 rebuilt.bands.size(), rebuilt.height, rebuilt.width);
  const bool display = observed.unit == "display";
  RebuiltPictures out;
  if (display) {
    out.observed = display_colours(observed, row);
    out.rebuilt = display_colours(rebuilt, row);
  } else {
    const auto bands = drawn_bands(observed, row);
    const auto seen = drawn_flux(observed, row, bands);
    out.observed = drawn_like(seen, seen, observed);
    out.rebuilt = drawn_like(drawn_flux(rebuilt, row, bands), seen, observed);
  }
  for (int64_t band = 0; band < int64_t(observed.bands.size()); ++band) {
    const auto [begin, pixels] = place_of(observed, row, band);
    const auto sigma = residual_sigma(observed, rebuilt, row, band);
    out.residual.push_back(report::sigma_colours(sigma, observed.height, observed.width, 5, !display));
    out.chi2.push_back(chi_square({observed.flux.data() + begin, pixels}, {observed.ivar.data() + begin, pixels},
                                  {observed.mask.data() + begin, pixels}, {rebuilt.flux.data() + begin, pixels},
                                  {rebuilt.mask.data() + begin, pixels}));
  }
  return out;
}

}  // namespace asterism::eval
