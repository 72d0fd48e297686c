#include "data/surveys/fits_wcs.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/where.h"

namespace asterism::data {
namespace {

// Written by astropy: reference in the middle of 6 x 6 pixels of 0.262".
TEST(FitsWcs, OfAnImageHdu) {
  const auto path = std::filesystem::path(tests::kSourceFolder) / "tests/golden/surveys/legacy-one.fits.gz";
  const auto file = io::FitsFile::open(path);
  const auto wcs = wcs_of(file.hdu(0), "x");
  EXPECT_NEAR(wcs.pixel_scale_arcsec(), 0.262, 1e-9);
  EXPECT_NEAR(wcs.sky_of(2.5, 2.5).ra_deg, 150.25, 1e-12);
  EXPECT_NEAR(wcs.sky_of(2.5, 2.5).dec_deg, 2.5, 1e-12);
  EXPECT_GT(wcs.sky_of(0, 2.5).ra_deg, 150.25);                    // east is left
  EXPECT_THROW(wcs_of(file.hdu("INVVAR"), "x"), base::DataError);  // no coordinates there
}

}  // namespace
}  // namespace asterism::data
