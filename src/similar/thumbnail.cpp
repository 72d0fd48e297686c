#include "similar/thumbnail.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "data/picture.h"

namespace asterism::similar {
namespace {

using io::Picture8;

// The middle of a picture, then every k-th pixel, so that at most size x size remain.
Picture8 reduced(const Picture8& in, int64_t size) {
  const int64_t step = std::max<int64_t>(1, (std::max(in.height, in.width) + size - 1) / size);
  Picture8 out;
  out.height = std::max<int64_t>(1, in.height / step);
  out.width = std::max<int64_t>(1, in.width / step);
  out.channels = in.channels;
  out.values.resize(size_t(out.height * out.width * out.channels));
  for (int64_t y = 0; y < out.height; ++y)
    for (int64_t x = 0; x < out.width; ++x)
      for (int64_t c = 0; c < out.channels; ++c) {
        int64_t sum = 0;
        for (int64_t dy = 0; dy < step; ++dy)
          for (int64_t dx = 0; dx < step; ++dx) sum += in.at(y * step + dy, x * step + dx, c);
        out.at(y, x, c) = uint8_t(sum / (step * step));
      }
  return out;
}

// Means of the good pixels in `columns` equal parts of the spectrum; NaN where a part has none.
std::vector<double> binned(const modalities::SpectrumBlock& block, int64_t row, int64_t columns) {
  std::vector<double> sum(size_t(columns), 0), weight(size_t(columns), 0);
  int64_t length = block.length;
  const float* wavelength = block.wavelength_angstrom.data() + row * block.length;
  while (length > 0 && wavelength[length - 1] <= 0) --length;
  for (int64_t i = 0; i < length; ++i) {
    const double w = block.ivar[size_t(row * block.length + i)];
    const size_t bin = size_t(i * columns / length);
    sum[bin] += w * block.flux[size_t(row * block.length + i)];
    weight[bin] += w;
  }
  for (size_t i = 0; i < sum.size(); ++i) sum[i] = weight[i] > 0 ? sum[i] / weight[i] : std::nan("");
  return sum;
}

Picture8 spectrum_picture(const modalities::SpectrumBlock& block, int64_t row, int64_t size) {
  const std::vector<double> flux = binned(block, row, size);
  std::vector<double> sorted;
  for (const double f : flux)
    if (!std::isnan(f)) sorted.push_back(f);
  Picture8 picture;
  picture.height = picture.width = size;
  picture.channels = 3;
  picture.values.assign(size_t(size * size * 3), 24);
  if (sorted.empty()) return picture;
  std::sort(sorted.begin(), sorted.end());
  const double low = std::min(0.0, sorted[sorted.size() / 50]),
               high = std::max(sorted[sorted.size() - 1 - sorted.size() / 100], low + 1e-30);
  const auto height_of = [&](double f) {
    return std::clamp(
        int64_t(std::lround((1 - (f - low) / (high - low)) * 0.9 * double(size - 1) + 0.05 * double(size))), int64_t{0},
        size - 1);
  };
  int64_t before = -1;
  for (int64_t x = 0; x < size; ++x) {
    if (std::isnan(flux[size_t(x)])) {
      before = -1;
      continue;
    }
    const int64_t y = height_of(flux[size_t(x)]), from = before < 0 ? y : before;
    for (int64_t yy = std::min(y, from); yy <= std::max(y, from); ++yy) {
      picture.at(yy, x, 0) = 240;
      picture.at(yy, x, 1) = 200;
      picture.at(yy, x, 2) = 120;
    }
    before = y;
  }
  return picture;
}

}  // namespace

std::optional<io::Picture8> thumbnail(const modalities::Block& block, int64_t row, int64_t size) {
  if (!modalities::present(block)[size_t(row)]) return std::nullopt;
  if (const auto* image = std::get_if<modalities::ImageBlock>(&block))
    return reduced(data::picture_of(*image, row), size);
  if (const auto* spectrum = std::get_if<modalities::SpectrumBlock>(&block))
    return spectrum_picture(*spectrum, row, size);
  return std::nullopt;
}

}  // namespace asterism::similar
