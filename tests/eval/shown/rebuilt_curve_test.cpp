#include "eval/shown/rebuilt_curve.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "tests/eval/shown/shown_blocks.h"

namespace asterism::eval {
namespace {

using Stretch = std::pair<double, double>;

TEST(RebuiltCurve, MaskedPixelsAreGapsAndStretches) {
  auto observed = flat_spectrum(2), rebuilt = flat_spectrum(1);
  observed.mask[3] = 1;
  observed.ivar[3] = 0;
  rebuilt.mask[4] = 1;  // not covered
  const auto curve = rebuilt_curve(observed, rebuilt, 0, 100);
  EXPECT_EQ(curve.pixels, 1);
  ASSERT_EQ(curve.wavelength_angstrom.size(), 8u);  // without the padding
  for (size_t i = 0; i < 8; ++i) {
    const bool gap = i == 3 || i == 4;
    EXPECT_EQ(std::isnan(curve.observed[i]), gap) << i;
    EXPECT_EQ(std::isnan(curve.rebuilt[i]), gap) << i;
    if (!gap) EXPECT_NEAR(curve.residual[i], 2, 1e-6) << i;
  }
  EXPECT_EQ(curve.masked, (std::vector<Stretch>{{4025, 4045}}));
  EXPECT_EQ(curve.chi2.count, 6);
  EXPECT_NEAR(curve.chi2.per_value, 4, 1e-6);
}

TEST(RebuiltCurve, PointsAreMeansOfPixels) {
  auto observed = flat_spectrum(2);
  observed.mask[3] = 1;
  observed.ivar[3] = 0;
  observed.flux[0] = 6;  // with the weight of a third of its neighbour
  observed.ivar[0] = 2;
  observed.ivar[1] = 6;
  const auto curve = rebuilt_curve(observed, flat_spectrum(1), 0, 4);
  EXPECT_EQ(curve.pixels, 2);
  ASSERT_EQ(curve.observed.size(), 4u);
  EXPECT_NEAR(curve.wavelength_angstrom[0], 4005, 1e-6);
  EXPECT_NEAR(curve.observed[0], 3, 1e-6);
  EXPECT_NEAR(curve.residual[0], 2 * std::sqrt(8.0), 1e-5);
  EXPECT_NEAR(curve.residual[1], 2, 1e-6);  // of one good pixel
  EXPECT_NEAR(curve.residual[2], std::sqrt(8.0), 1e-5);
  EXPECT_EQ(curve.masked, (std::vector<Stretch>{{4025, 4035}}));
}

TEST(RebuiltCurve, NothingGoodAndEnds) {
  auto observed = flat_spectrum(2);
  observed.mask[0] = observed.mask[7] = 1;
  EXPECT_EQ(rebuilt_curve(observed, flat_spectrum(1), 0, 8).masked, (std::vector<Stretch>{{4000, 4005}, {4065, 4070}}));
  std::fill(observed.mask.begin(), observed.mask.end(), uint8_t{1});
  const auto none = rebuilt_curve(observed, flat_spectrum(1), 0, 8);
  EXPECT_EQ(none.masked, (std::vector<Stretch>{{4000, 4070}}));
  EXPECT_EQ(none.chi2.count, 0);
  EXPECT_EQ(residual_reach(none), 5);
  std::fill(observed.wavelength_angstrom.begin(), observed.wavelength_angstrom.end(), 0.0F);  // padding alone
  EXPECT_TRUE(rebuilt_curve(observed, observed, 0, 8).observed.empty());
  EXPECT_THROW(rebuilt_curve(observed, modalities::make_spectra(1, 4, ""), 0, 8), base::CheckError);
}

TEST(RebuiltCurve, ReachHoldsAllButAHundredth) {
  RebuiltCurve curve;
  curve.residual.assign(200, 1);
  curve.residual[7] = -100;
  EXPECT_EQ(residual_reach(curve), 5);
  std::fill_n(curve.residual.begin(), 20, -20.0);
  EXPECT_NEAR(residual_reach(curve), 24, 1e-9);
}

}  // namespace
}  // namespace asterism::eval
