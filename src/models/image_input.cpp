#include "models/image_input.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "models/legacy_rgb.h"
#include "models/wrap.h"
#include "nn/device.h"

namespace asterism::models {

void ImageInputSettings::describe(config::Fields& f) {
  f.add("modality", modality, "which images it reads");
  f.add("stretch", stretch, "from planes to a picture").one_of({"legacy_rgb", "display"});
  f.add("unit", unit, "of the planes");
  f.add("bands", bands, "planes it was made for, in this order");
  f.add("wavelengths_angstrom", wavelengths_angstrom, "of these; empty: not known").between(1, 1e8);
  f.add("scales", scales, "of the stretch, one a band").between(1e-9, 1e9);
  f.add("pixel_scale_arcsec", pixel_scale_arcsec, "pixels it was made for; 0: any").between(0, 3600);
  f.add("crop", crop, "side of the middle that is looked at; 0: all").between(0, 65536);
  f.add("resize", resize, "side it is brought to; 0: as it is").between(0, 65536);
  f.add("mean", mean, "taken from each plane of the picture; empty: nothing").between(-1e9, 1e9);
  f.add("deviation", deviation, "by which each plane is divided").between(1e-9, 1e9);
}

namespace {

constexpr int64_t kSentWhole = 2;         // times what is wanted: a GPU cuts faster than the CPU does
constexpr double kScaleTolerance = 0.02;  // share by which a pixel scale may differ: surveys write 0.262 and 0.2623

std::vector<std::string> names_of(const std::vector<modalities::Band>& bands) {
  std::vector<std::string> out;
  out.reserve(bands.size());
  for (const auto& band : bands) out.push_back(band.name);
  return out;
}

// The plane of this block that comes nearest to a wanted band, or -1.
int64_t nearest_plane(const modalities::ImageBlock& block, const std::string& wanted, double wavelength) {
  int64_t best = -1;
  double distance = 0;
  for (size_t k = 0; k < block.bands.size(); ++k) {
    const auto& band = block.bands[k];
    if (band.wavelength_angstrom <= 0 || wavelength <= 0) {
      if (!band.name.empty() && band.name.back() == wanted.back()) return int64_t(k);
      continue;
    }
    const double away = std::abs(band.wavelength_angstrom - wavelength);
    if (best < 0 || away < distance) best = int64_t(k), distance = away;
  }
  return best;
}

std::vector<int64_t> planes_of(const modalities::ImageBlock& block, const ImageInputSettings& s, bool any) {
  std::vector<int64_t> out;
  for (size_t i = 0; i < s.bands.size(); ++i) {
    const auto found =
        std::find_if(block.bands.begin(), block.bands.end(), [&](const auto& band) { return band.name == s.bands[i]; });
    int64_t plane = found == block.bands.end() ? -1 : int64_t(found - block.bands.begin());
    if (plane < 0 && any)
      plane = nearest_plane(block, s.bands[i], i < s.wavelengths_angstrom.size() ? s.wavelengths_angstrom[i] : 0);
    if (plane < 0)
      base::user_error(
          "this model was made for images in {}, and '{}' has {}: embed images of the same survey, or allow others "
          "with "
          "--any-instrument (nearest bands are taken then)",
          base::quoted_list(s.bands), s.modality, base::quoted_list(names_of(block.bands)));
    out.push_back(plane);
  }
  return out;
}

void check_instrument(const modalities::ImageBlock& block, const ImageInputSettings& s) {
  if (s.pixel_scale_arcsec > 0 &&
      std::abs(block.pixel_scale_arcsec - s.pixel_scale_arcsec) > kScaleTolerance * s.pixel_scale_arcsec)
    base::user_error(
        "this model was made for pixels of {} arcsec, and those of '{}' are {}: resample the images, or allow others "
        "with --any-instrument",
        s.pixel_scale_arcsec, s.modality,
        block.pixel_scale_arcsec > 0 ? fmt::format("{} arcsec", block.pixel_scale_arcsec) : "of unknown size");
  if (block.height < s.crop || block.width < s.crop)
    base::user_error(
        "this model looks at {0} x {0} pixels, and images of '{1}' have {2} x {3}: embed larger images, or allow "
        "these with --any-instrument",
        s.crop, s.modality, block.height, block.width);
}

// The middle that is looked at, and the size it is brought to.
struct Window {
  int64_t height = 0, width = 0, out_height = 0, out_width = 0;
};

Window window_of(const modalities::ImageBlock& images, const ImageInputSettings& s, int64_t patch) {
  const auto fit = [&](int64_t size) {  // whole patches only; resized ones may have any size
    const int64_t wanted = s.crop > 0 ? std::min(s.crop, size) : size;
    return s.resize > 0 ? wanted : wanted / patch * patch;
  };
  Window out{fit(images.height), fit(images.width), 0, 0};
  if (out.height < 1 || out.width < 1)
    base::user_error("images of '{}' have {} x {} pixels, less than one patch of {}: embed larger ones", s.modality,
                     images.height, images.width, patch);
  const int64_t longest = std::max(out.height, out.width);
  const auto resized = [&](int64_t side) {
    if (s.resize == 0) return side;
    const auto patches = std::lround(double(s.resize) * double(side) / double(longest) / double(patch));
    return std::max<int64_t>(1, patches) * patch;
  };
  out.out_height = resized(out.height);
  out.out_width = resized(out.width);
  return out;
}

// The middle of these planes there.
at::Tensor window_onto(const at::Device& device, const at::Tensor& all_NCHW, const std::vector<int64_t>& planes,
                       int64_t height, int64_t width) {
  const int64_t wanted = all_NCHW.size(0) * int64_t(planes.size()) * height * width;
  if (all_NCHW.is_cpu() && (device.is_cpu() || all_NCHW.numel() > kSentWhole * wanted))
    return nn::onto(device, centre_crop(all_NCHW, height, width).index_select(1, copied(planes)));
  return centre_crop(nn::onto(device, all_NCHW), height, width).index_select(1, nn::onto(device, planes));
}

}  // namespace

PreparedGeometry window_geometry(const modalities::ImageBlock& images, int64_t top, int64_t left, int64_t height,
                                 int64_t width) {
  PreparedGeometry out;
  out.centre_x = double(images.width) / 2 - double(left) - 0.5;
  out.centre_y = double(images.height) / 2 - double(top) - 0.5;
  out.pixel_scale_arcsec = images.pixel_scale_arcsec;
  out.top = top, out.left = left, out.height = height, out.width = width;
  out.out_height = height, out.out_width = width;
  return out;
}

PreparedGeometry prepared_geometry(const modalities::ImageBlock& images, const ImageInputSettings& s, int64_t patch) {
  const auto window = window_of(images, s, patch);
  auto out = window_geometry(images, centre_margin(images.height, window.height),
                             centre_margin(images.width, window.width), window.height, window.width);
  const double across = double(window.out_width) / double(window.width),
               up = double(window.out_height) / double(window.height);
  out.centre_x = (out.centre_x + 0.5) * across - 0.5;
  out.centre_y = (out.centre_y + 0.5) * up - 0.5;
  out.pixel_scale_arcsec = images.pixel_scale_arcsec / across;
  out.out_height = window.out_height, out.out_width = window.out_width;
  return out;
}

namespace {

at::Tensor prepared(const modalities::ImageBlock& images, const at::Tensor& flux_NCHW, const ImageInputSettings& s,
                    int64_t patch, bool any, const at::Device& device) {
  if (images.unit != s.unit)
    base::user_error("this model reads images in '{}', and those of '{}' are in '{}': convert them first", s.unit,
                     s.modality, images.unit);
  const auto planes = planes_of(images, s, any);
  if (!any) check_instrument(images, s);
  const auto window = window_of(images, s, patch);
  const int64_t height = window.height, width = window.width;
  auto x = window_onto(device, flux_NCHW, planes, height, width);
  if (s.stretch == "legacy_rgb") {
    LegacyRgbSettings stretch;
    stretch.scales = s.scales;
    x = legacy_rgb(x, stretch);
  }
  if (window.out_height != height || window.out_width != width)
    x = at::_upsample_bilinear2d_aa(x, {window.out_height, window.out_width}, false);
  if (!s.mean.empty()) {
    const auto column = [&](const std::vector<double>& v) {
      return nn::onto(device, at::tensor(v, at::kFloat).view({1, int64_t(v.size()), 1, 1}));
    };
    x = (x - column(s.mean)) / column(s.deviation);
  }
  return x;
}

}  // namespace

at::Tensor prepare_images(const modalities::Block& block, const ImageInputSettings& s, int64_t patch, bool any,
                          const at::Device& device) {
  if (!std::holds_alternative<modalities::ImageBlock>(block))
    base::user_error("'{}' is an image for this model, but the batch holds a {}: check the modality's name", s.modality,
                     modalities::kind(block));
  const auto& images = std::get<modalities::ImageBlock>(block);
  const auto flux = wrap(images.flux, {images.n, int64_t(images.bands.size()), images.height, images.width});
  return prepared(images, flux, s, patch, any, device);
}

at::Tensor prepare_images(const modalities::ImageBlock& frame, const at::Tensor& flux_NCHW, const ImageInputSettings& s,
                          int64_t patch, bool any) {
  return prepared(frame, flux_NCHW, s, patch, any, flux_NCHW.device());
}

}  // namespace asterism::models
