#include "eval/shown/brightest_to_faintest.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace asterism::eval {
namespace {

using modalities::ImageBlock;
using modalities::SpectrumBlock;

constexpr double kApertureShare = 1.0 / 8;  // of the image's width: the radius of the disc

// NaN where no pixel of the disc is good.
double brightness_of(const ImageBlock& images, int64_t row) {
  const double middle_y = 0.5 * double(images.height - 1), middle_x = 0.5 * double(images.width - 1);
  const double radius = std::max(1.0, double(images.width) * kApertureShare);
  double sum = 0, count = 0;
  const int64_t area = images.height * images.width, bands = int64_t(images.bands.size());
  for (int64_t i = 0; i < bands * area; ++i) {
    const int64_t y = i % area / images.width, x = i % images.width;
    const auto at = size_t(row * bands * area + i);
    if (images.mask[at] != 0 || std::hypot(double(y) - middle_y, double(x) - middle_x) > radius) continue;
    sum += double(images.flux[at]);
    ++count;
  }
  return sum / count;
}

double brightness_of(const SpectrumBlock& spectra, int64_t row) {
  double sum = 0, weight = 0;
  for (int64_t i = row * spectra.length; i < (row + 1) * spectra.length; ++i) {
    if (spectra.mask[size_t(i)] != 0) continue;
    sum += double(spectra.ivar[size_t(i)]) * double(spectra.flux[size_t(i)]);
    weight += double(spectra.ivar[size_t(i)]);
  }
  return sum / weight;
}

template <class Block>
std::vector<Shown> chosen(const Block& observed, const std::vector<int64_t>& rows, const Reconstruction& made,
                          const Subject& subject, size_t most) {
  std::vector<std::pair<double, int64_t>> ordered;
  for (const int64_t row : rows)
    if (const double bright = brightness_of(observed, row); std::isfinite(bright)) ordered.emplace_back(bright, row);
  std::stable_sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  const size_t count = std::min(most, ordered.size());
  std::vector<Shown> out;
  for (size_t k = 0; k < count; ++k) {
    const int64_t row = ordered[count == 1 ? 0 : k * (ordered.size() - 1) / (count - 1)].second;
    out.push_back({row, subject.objects[size_t(made.rows[size_t(row)])].id});
  }
  return out;
}

}  // namespace

std::vector<Shown> brightest_to_faintest(const ImageBlock& observed, const std::vector<int64_t>& rows,
                                         const Reconstruction& made, const Subject& subject, size_t most) {
  return chosen(observed, rows, made, subject, most);
}

std::vector<Shown> brightest_to_faintest(const SpectrumBlock& observed, const std::vector<int64_t>& rows,
                                         const Reconstruction& made, const Subject& subject, size_t most) {
  return chosen(observed, rows, made, subject, most);
}

}  // namespace asterism::eval
