#include "data/picture.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "base/error.h"
#include "modalities/cube.h"
#include "modalities/map.h"
#include "report/stretch.h"

namespace asterism::data {
namespace {

using modalities::CubeBlock;
using modalities::ImageBlock;
using modalities::MapBlock;

// The stamps of an alert are planes of one filter: each in its own grey.
io::Picture8 side_by_side(std::span<const float> flux, int64_t planes, int64_t height, int64_t width) {
  io::Picture8 out{height, planes * width, 1, {}};
  out.values.resize(flux.size());
  for (int64_t p = 0; p < planes; ++p) {
    const auto one =
        report::grey_asinh(flux.subspan(size_t(p * height * width), size_t(height * width)), height, width);
    for (int64_t y = 0; y < height; ++y)
      for (int64_t x = 0; x < width; ++x) out.at(y, p * width + x, 0) = one.at(y, x, 0);
  }
  return out;
}

}  // namespace

io::Picture8 picture_of(const ImageBlock& block, int64_t row) {
  const int64_t bands = int64_t(block.bands.size()), plane = block.height * block.width;
  const float* flux = block.flux.data() + row * bands * plane;
  if (block.unit != "display") {
    const std::span<const float> values(flux, size_t(bands * plane));
    const auto is_difference = [](const auto& band) { return band.name.ends_with("difference"); };
    if (bands >= 2 && std::any_of(block.bands.begin(), block.bands.end(), is_difference))
      return side_by_side(values, bands, block.height, block.width);
    return bands >= 2 ? report::bands_rgb(values, bands, block.height, block.width)
                      : report::grey_asinh(values, block.height, block.width);
  }
  io::Picture8 out;
  out.height = block.height;
  out.width = block.width;
  out.channels = 3;
  out.values.resize(size_t(plane * 3));
  for (int64_t i = 0; i < plane; ++i) {
    for (int64_t c = 0; c < 3; ++c)
      out.values[size_t(i * 3 + c)] =
          uint8_t(std::lround(255 * std::clamp(flux[std::min(c, bands - 1) * plane + i], 0.0f, 1.0f)));
  }
  return out;
}

io::Picture8 picture_of_block(const modalities::Block& block, int64_t row) {
  const modalities::Block one = modalities::select(block, {row});
  if (const auto* image = std::get_if<ImageBlock>(&one)) return picture_of(*image, 0);
  if (const auto* cube = std::get_if<CubeBlock>(&one)) return picture_of(modalities::collapsed(*cube), 0);
  const auto* maps = std::get_if<MapBlock>(&one);
  ASTERISM_CHECK(maps != nullptr, "a {} cannot be drawn as a picture", modalities::kind(block));
  ImageBlock first = modalities::as_images(*maps);
  first.bands.resize(1);
  return picture_of(first, 0);
}

}  // namespace asterism::data
