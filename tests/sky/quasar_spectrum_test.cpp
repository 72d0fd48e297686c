#include "sky/quasar_spectrum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "astro/lines.h"
#include "sky/library.h"

namespace asterism::sky {
namespace {

TEST(QuasarSpectrum, LinesStandWhereTheyShould) {
  QuasarTruth q;
  q.line_width_kms = 3000;
  const Mixture m = QuasarTemplates::mixture(q);
  ModelSpectrum sum = empty_spectrum();
  for (int i = 0; i < m.count; ++i)
    sum.add(library().quasars.templates()[size_t(m.index[size_t(i)])], m.weight[size_t(i)]);
  for (const char* name : {"CIV1549", "MgII2798", "Halpha"}) {
    const double line = astro::line_angstrom(name);
    int peak = 0;
    for (int i = 0; i < kFineCells; ++i)
      if (std::abs(fine_angstrom(i) / line - 1) < 0.006 && (peak == 0 || sum.fine[size_t(i)] > sum.fine[size_t(peak)]))
        peak = i;
    EXPECT_NEAR(fine_angstrom(peak) / line, 1, 4e-4) << name;
  }
}

TEST(QuasarSpectrum, ForestHasTheMeanTransmission) {
  for (const double z : {2.2, 3.0, 4.0}) {
    double drawn = 0, mean = 0;
    int n = 0;
    for (uint64_t object = 0; object < 8; ++object) {
      const auto forest = draw_forest(object, z);
      for (int i = 0; i < kFineCells; ++i) {
        const double w = fine_angstrom(i);
        if (w < 1040 || w > 1200) continue;
        ASSERT_GE(forest[size_t(i)], 0);
        ASSERT_LE(forest[size_t(i)], 1);
        drawn += double(forest[size_t(i)]);
        mean += mean_forest(w, z);
        ++n;
      }
      EXPECT_EQ(forest[kFineCells - 1], 1);
    }
    EXPECT_NEAR(drawn / n, mean / n, 0.003) << z;
  }
  // Mean transmission halfway between Lyman beta and alpha: 0.8 at z = 2.2, 0.4 at z = 4 (published values within
  // 0.05).
  EXPECT_NEAR(mean_forest(1200, 2.2), 0.82, 0.05);
  EXPECT_NEAR(mean_forest(1200, 4.0), 0.42, 0.07);
  EXPECT_EQ(mean_forest(1300, 3), 1);
  EXPECT_LT(mean_forest(800, 3.5), 0.4);
}

TEST(QuasarSpectrum, ForestIsTheObjectsOwn) {
  EXPECT_EQ(draw_forest(5, 3), draw_forest(5, 3));
  EXPECT_NE(draw_forest(5, 3), draw_forest(6, 3));
}

}  // namespace
}  // namespace asterism::sky
