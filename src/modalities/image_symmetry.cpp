#include "modalities/image_symmetry.h"

#include <algorithm>
#include <span>

#include "base/error.h"

namespace asterism::modalities {
namespace {

template <class T>
void turn_plane(std::span<T> plane, int64_t height, int64_t width, int symmetry) {
  auto at = [&](int64_t y, int64_t x) -> T& { return plane[size_t(y * width + x)]; };
  if (symmetry & 4)
    for (int64_t y = 0; y < height; ++y)
      for (int64_t x = 0; x < y; ++x) std::swap(at(y, x), at(x, y));
  if (symmetry & 1)
    for (int64_t y = 0; y < height; ++y) std::reverse(&at(y, 0), &at(y, 0) + width);
  if (symmetry & 2)
    for (int64_t y = 0; y < height / 2; ++y) std::swap_ranges(&at(y, 0), &at(y, 0) + width, &at(height - 1 - y, 0));
}

}  // namespace

void turn(ImageBlock& images, int64_t i, int symmetry) {
  ASTERISM_CHECK(symmetry >= 0 && symmetry < 8 && ((symmetry & 4) == 0 || images.height == images.width),
                 "symmetry {} of {} x {} pixels", symmetry, images.height, images.width);
  const int64_t pixels = images.height * images.width;
  const auto bands = int64_t(images.bands.size());
  for (int64_t plane = i * bands; plane < (i + 1) * bands; ++plane) {
    const auto start = size_t(plane * pixels);
    turn_plane(std::span(images.flux).subspan(start, size_t(pixels)), images.height, images.width, symmetry);
    turn_plane(std::span(images.ivar).subspan(start, size_t(pixels)), images.height, images.width, symmetry);
    turn_plane(std::span(images.mask).subspan(start, size_t(pixels)), images.height, images.width, symmetry);
  }
}

}  // namespace asterism::modalities
