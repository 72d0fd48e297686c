#include "astro/photometry.h"

#include <gtest/gtest.h>

#include <cmath>

namespace asterism::astro {
namespace {

TEST(Photometry, KnownValues) {
  EXPECT_DOUBLE_EQ(magnitude_of(1.0), 22.5);
  EXPECT_NEAR(nanomaggy_of(20.0), 10.0, 1e-13);
  EXPECT_NEAR(nanomaggy_of(0.0), 1e9, 1e-4);
  EXPECT_NEAR(njy_of_nanomaggy(nanomaggy_of(31.4)), 1.0, 2e-3);  // 31.4 mag is 1 nJy for 3631 Jy to 0.1%
  EXPECT_NEAR(ujy_of_nanomaggy(nanomaggy_of(23.9)), 1.0, 1e-12);
  EXPECT_NEAR(nanomaggy_of_njy(njy_of_nanomaggy(3.7)), 3.7, 1e-12);
  EXPECT_NEAR(nanomaggy_of_ujy(ujy_of_nanomaggy(3.7)), 3.7, 1e-12);
  EXPECT_NEAR(nanomaggy_of_counts(1000, 27.0), nanomaggy_of(19.5), 1e-12);
  EXPECT_TRUE(std::isnan(magnitude_of(0.0)));
  EXPECT_TRUE(std::isnan(magnitude_of(-2.0)));
}

TEST(Photometry, ErrorsPropagateAsFiniteDifferencesSay) {
  for (const double flux : {0.3, 4.0, 250.0}) {
    const double step = 1e-6 * flux;
    const double slope = (magnitude_of(flux + step) - magnitude_of(flux - step)) / (2 * step);
    EXPECT_NEAR(magnitude_of(Measured{flux, 0.1}).error, 0.1 * std::abs(slope), 1e-8);
    const Measured back = nanomaggy_of(magnitude_of(Measured{flux, 0.1}));
    EXPECT_NEAR(back.value, flux, 1e-11);
    EXPECT_NEAR(back.error, 0.1, 1e-12);
  }
  for (const double flux : {-1.0, 0.0, 0.05, 30.0}) {
    const double step = 1e-5, b = kSdssSoftening[2];
    const double slope = (asinh_magnitude(flux + step, b) - asinh_magnitude(flux - step, b)) / (2 * step);
    EXPECT_NEAR(asinh_magnitude(Measured{flux, 0.2}, b).error, 0.2 * std::abs(slope), 1e-6);
    const Measured back = nanomaggy_of_asinh(asinh_magnitude(Measured{flux, 0.2}, b), b);
    EXPECT_NEAR(back.value, flux, 1e-9);
    EXPECT_NEAR(back.error, 0.2, 1e-9);
  }
}

TEST(Photometry, AsinhMagnitudesOfTheSdssTable) {
  // Stoughton et al. 2002, table 21: magnitude of zero flux in u g r i z.
  const double zero_flux[5] = {24.63, 25.11, 24.80, 24.36, 22.83};
  for (int band = 0; band < 5; ++band) EXPECT_NEAR(asinh_magnitude(0.0, kSdssSoftening[band]), zero_flux[band], 0.01);
  EXPECT_NEAR(asinh_magnitude(100.0, kSdssSoftening[1]), magnitude_of(100.0), 1e-4);
}

}  // namespace
}  // namespace asterism::astro
