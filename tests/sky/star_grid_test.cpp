#include "sky/star_grid.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sky/library.h"
#include "sky/star_spectrum.h"

namespace asterism::sky {
namespace {

TEST(StarGrid, WeightsSumToOneAndHitTheNodes) {
  for (const double teff : {2000.0, 3333.0, 5777.0, 90000.0})
    for (const double g : {0.5, 3.0, 6.0}) {
      const Mixture m = StarGrid::mixture(teff, g, -0.7);
      float sum = 0;
      for (int i = 0; i < m.count; ++i) sum += m.weight[size_t(i)];
      EXPECT_NEAR(sum, 1, 1e-6);
    }
  const Mixture node = StarGrid::mixture(5000, 4.5, 0);
  ASSERT_EQ(node.count, 1);
  EXPECT_EQ(node.weight[0], 1);
}

TEST(StarGrid, InterpolatedSpectrumIsCloseToTheModel) {
  const StarModel model;
  for (const auto& [teff, g, z] :
       {std::tuple(5900.0, 4.2, -0.2), std::tuple(4100.0, 4.4, -0.7), std::tuple(7400.0, 4.0, 0.1)}) {
    const ModelSpectrum exact = model.spectrum(teff, g, z);
    const Mixture m = StarGrid::mixture(teff, g, z);
    ModelSpectrum sum = empty_spectrum();
    for (int i = 0; i < m.count; ++i)
      sum.add(library().stars.templates()[size_t(m.index[size_t(i)])], m.weight[size_t(i)]);
    double worst = 0;
    for (int c = 0; c < kCoarseCells; ++c)
      if (coarse_angstrom(c) > 4000 && coarse_angstrom(c) < 20000)
        worst = std::max(worst, std::abs(double(sum.coarse[size_t(c)]) / double(exact.coarse[size_t(c)]) - 1));
    EXPECT_LT(worst, 0.12) << teff;
  }
}

}  // namespace
}  // namespace asterism::sky
