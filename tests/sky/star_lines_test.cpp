#include "sky/star_lines.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "astro/lines.h"
#include "sky/grid.h"

namespace asterism::sky {
namespace {

TEST(StarLines, PatternsPeakAtTheLines) {
  std::vector<float> w(kFineCells);
  for (int i = 0; i < kFineCells; ++i) w[size_t(i)] = float(fine_angstrom(i));
  for (const auto& [kind, name] : {std::pair(kCaIon, "CaK"), std::pair(kMagnesium, "Mgb5184"),
                                   std::pair(kSodium, "NaD5890"), std::pair(kCaTriplet, "CaT8542")}) {
    const auto pattern = line_pattern(kind, w);
    const double line = astro::line_angstrom(name);
    const auto low = std::lower_bound(w.begin(), w.end(), float(line - 2)) - w.begin();
    const auto high = std::lower_bound(w.begin(), w.end(), float(line + 2)) - w.begin();
    const auto peak = std::max_element(pattern.begin() + low, pattern.begin() + high) - pattern.begin();
    EXPECT_NEAR(double(w[size_t(peak)]), line, line * 1.3e-4) << name;
  }
}

TEST(StarLines, StrengthsFollowTemperatureAndMetals) {
  float cool[kStarLineKinds], warm[kStarLineKinds], poor[kStarLineKinds];
  line_strengths(3300, 4.8, 0, cool);
  line_strengths(6500, 4.4, 0, warm);
  line_strengths(3300, 4.8, -1, poor);
  EXPECT_GT(cool[kTitaniumOxide], 100 * warm[kTitaniumOxide]);
  EXPECT_GT(cool[kSodium], 5 * warm[kSodium]);
  for (int kind = 0; kind < kStarLineKinds; ++kind) EXPECT_LE(poor[kind], cool[kind]);
}

}  // namespace
}  // namespace asterism::sky
