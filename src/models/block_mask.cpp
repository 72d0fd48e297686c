#include "models/block_mask.h"

#include <algorithm>
#include <cmath>

namespace asterism::models {
namespace {

constexpr int64_t kLeastPatches = 4, kTries = 10;
constexpr double kLeastAspect = 0.3;  // and its inverse

// Hides one more rectangle of at most `most` new patches; how many were new, 0 where none fitted.
int64_t add_block(std::vector<uint8_t>& mask, int64_t rows, int64_t columns, int64_t most, base::Random& random) {
  const double span = -std::log(kLeastAspect);
  for (int64_t attempt = 0; attempt < kTries; ++attempt) {
    const auto least = double(std::min(kLeastPatches, most));
    const double area = least + (double(most) - least) * random.uniform();
    const double aspect = std::exp(span * (2 * random.uniform() - 1));
    const int64_t height = std::clamp<int64_t>(std::lround(std::sqrt(area * aspect)), 1, rows),
                  width = std::clamp<int64_t>(std::lround(std::sqrt(area / aspect)), 1, columns);
    const auto top = int64_t(random.below(uint64_t(rows - height + 1))),
               left = int64_t(random.below(uint64_t(columns - width + 1)));
    int64_t fresh = 0;
    for (int64_t y = top; y < top + height; ++y)
      for (int64_t x = left; x < left + width; ++x) fresh += mask[size_t(y * columns + x)] == 0;
    if (fresh == 0 || fresh > most) continue;
    for (int64_t y = top; y < top + height; ++y)
      for (int64_t x = left; x < left + width; ++x) mask[size_t(y * columns + x)] = 1;
    return fresh;
  }
  return 0;
}

}  // namespace

std::vector<uint8_t> draw_block_mask(int64_t rows, int64_t columns, int64_t count, base::Random& random) {
  std::vector<uint8_t> mask(size_t(rows * columns), 0);
  for (int64_t hidden = 0; hidden < count;) {
    const int64_t fresh = add_block(mask, rows, columns, count - hidden, random);
    if (fresh == 0) break;
    hidden += fresh;
  }
  return mask;
}

}  // namespace asterism::models
