#include "eval/drawn/row_pixels.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "eval/rebuild.h"
#include "modalities/spectrum.h"

namespace asterism::eval {
namespace {

using modalities::ImageBlock;
using modalities::SpectrumBlock;

constexpr float kMasked = std::numeric_limits<float>::quiet_NaN();

template <class Block>
RowPixels pixels_from(const Block& block, size_t first, size_t count) {
  RowPixels out;
  out.flux.assign(block.flux.begin() + int64_t(first), block.flux.begin() + int64_t(first + count));
  out.ivar.assign(block.ivar.begin() + int64_t(first), block.ivar.begin() + int64_t(first + count));
  for (size_t p = 0; p < count; ++p) {
    if (block.mask[first + p] == 0) continue;
    out.flux[p] = kMasked;
    out.ivar[p] = 0;
  }
  return out;
}

SpectrumBlock as_block(const RowPixels& row) {
  auto out = modalities::make_spectra(1, int64_t(row.flux.size()), "");
  out.present[0] = 1;
  for (size_t p = 0; p < row.flux.size(); ++p) {
    out.wavelength_angstrom[p] = row.wavelength_angstrom[p];
    out.mask[p] = std::isfinite(row.flux[p]) ? 0 : 1;
    out.flux[p] = out.mask[p] == 0 ? row.flux[p] : 0;
    out.ivar[p] = out.mask[p] == 0 ? 1 : 0;
  }
  return out;
}

}  // namespace

bool has_noise(const modalities::Block& block) {
  if (const auto* image = std::get_if<ImageBlock>(&block)) return image->has_ivar;
  return std::holds_alternative<SpectrumBlock>(block);
}

RowPixels row_pixels(const modalities::Block& block, int64_t row) {
  ASTERISM_CHECK(row >= 0 && row < modalities::rows(block), "row {} of {}", row, modalities::rows(block));
  if (const auto* image = std::get_if<ImageBlock>(&block)) {
    const auto count = size_t(int64_t(image->bands.size()) * image->height * image->width);
    return pixels_from(*image, size_t(row) * count, count);
  }
  const auto* spectrum = std::get_if<SpectrumBlock>(&block);
  ASTERISM_CHECK(spectrum != nullptr, "pixels of a {}", modalities::kind(block));
  const auto count = size_t(spectrum->length);
  auto out = pixels_from(*spectrum, size_t(row) * count, count);
  const auto first = spectrum->wavelength_angstrom.begin() + row * spectrum->length;
  out.wavelength_angstrom.assign(first, first + spectrum->length);
  return out;
}

std::vector<float> flux_onto(const RowPixels& from, const RowPixels& onto) {
  if (onto.wavelength_angstrom.empty() && from.flux.size() != onto.flux.size())
    base::user_error(
        "images of {} pixels beside images of {}: learn from data with the images of those that are judged",
        from.flux.size(), onto.flux.size());
  if (from.wavelength_angstrom == onto.wavelength_angstrom) return from.flux;
  return row_pixels(on_wavelengths(as_block(from), as_block(onto)), 0).flux;
}

std::vector<uint8_t> central_pixels(const modalities::Block& block) {
  const auto* image = std::get_if<ImageBlock>(&block);
  if (image == nullptr) return {};
  const double radius = double(std::min(image->height, image->width)) / 8;
  const double middle_y = 0.5 * double(image->height - 1), middle_x = 0.5 * double(image->width - 1);
  std::vector<uint8_t> out;
  out.reserve(image->bands.size() * size_t(image->height * image->width));
  for (size_t c = 0; c < image->bands.size(); ++c)
    for (int64_t y = 0; y < image->height; ++y)
      for (int64_t x = 0; x < image->width; ++x)
        out.push_back(std::hypot(double(y) - middle_y, double(x) - middle_x) <= radius ? 1 : 0);
  return out;
}

}  // namespace asterism::eval
