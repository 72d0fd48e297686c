#include "astro/wcs.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace asterism::astro {
namespace {

std::string card(const std::string& text) { return fmt::format("{:<80}", text); }

std::string header(const std::string& ctype = "TAN", const std::string& extra = "") {
  std::string h = card("SIMPLE  =                    T") + card("BITPIX  =                  -32") +
                  card("NAXIS   =                    2");
  h += card("NAXIS1  =                   96") + card("NAXIS2  =                   96");
  h += card("CTYPE1  = 'RA---" + ctype + "'") + card("CTYPE2  = 'DEC--" + ctype + "'");
  h += card("CRPIX1  =                 48.5") + card("CRPIX2  =                 40.5");
  h += card("CRVAL1  =                150.1") + card("CRVAL2  =                  2.2");
  h += card("CD1_1   =  -7.2777777777777E-5") + card("CD1_2   =   1.0E-6") + card("CD2_1   =   1.2E-6") +
       card("CD2_2   =   7.2777777777777E-5");
  return h + extra + card("END");
}

TEST(Wcs, ReadsATangentPlaneAndComesBack) {
  const TangentWcs wcs = read_wcs(header(), "test");
  EXPECT_EQ(wcs.crpix_x, 47.5);
  EXPECT_EQ(wcs.crpix_y, 39.5);
  EXPECT_NEAR(wcs.pixel_scale_arcsec(), 0.262, 1e-4);
  const SkyPosition reference = wcs.sky_of(47.5, 39.5);
  EXPECT_NEAR(reference.ra_deg, 150.1, 1e-12);
  EXPECT_NEAR(reference.dec_deg, 2.2, 1e-12);
  EXPECT_GT(wcs.sky_of(10, 39.5).ra_deg, 150.1);  // east is to the left
  for (double x = -50; x < 150; x += 17.3) {
    const auto [px, py] = wcs.pixel_of(wcs.sky_of(x, 2 * x - 30));
    EXPECT_NEAR(px, x, 1e-8);
    EXPECT_NEAR(py, 2 * x - 30, 1e-8);
  }
}

// By astropy.wcs for this header: all_pix2world([[0, 0], [95, 0], [10, 80]], 0).
TEST(Wcs, PositionsOfAstropy) {
  const TangentWcs wcs = read_wcs(header(), "test");
  const double expected[3][4] = {{0, 0, 150.1034199585181, 2.1970682738702707},
                                 {95, 0, 150.0965009830976, 2.197182273686913},
                                 {10, 80, 150.1027717150402, 2.2029024974224543}};
  for (const auto& e : expected) {
    const SkyPosition p = wcs.sky_of(e[0], e[1]);
    EXPECT_LT(separation_deg(p, {e[2], e[3]}), 1e-11);
  }
}

TEST(Wcs, RefusesWhatItDoesNotKnow) {
  EXPECT_THROW(read_wcs(header("SIN"), "test"), base::DataError);
  EXPECT_THROW(read_wcs("short", "test"), base::DataError);
  EXPECT_THROW(read_wcs("", "test"), base::DataError);
  EXPECT_THROW(read_wcs(card("SIMPLE  =                    T") + card("END"), "test"), base::DataError);
  EXPECT_THROW(read_wcs(std::string(8000, '\xff'), "test"), base::DataError);
}

// WCSLIB would leave memory behind (the address sanitizer's build of this test says so).
TEST(Wcs, GalacticAxesAreNoRightAscension) {
  auto galactic = header();
  for (const auto& [from, to] : {std::pair("RA---TAN", "GLON-TAN"), std::pair("DEC--TAN", "GLAT-TAN")})
    galactic.replace(galactic.find(from), 8, to);
  EXPECT_THROW(read_wcs(galactic, "test"), base::DataError);
}

TEST(Wcs, RefusesAnAxisOfZerosBeforeWcslibDoes) {
  const std::string axes = card("NAXIS   =                    3") + card("CTYPE1  = 'RA---TAN'") +
                           card("CTYPE2  = 'DEC--TAN'") + card("CRVAL1  =                150.1") +
                           card("CRVAL2  =                  2.2");
  for (const char* zero :
       {"CDELT2  =                  0.0", "CDELT3  =                  0.0", "PC1_1   =                  0.0"}) {
    try {
      read_wcs(axes + card("CDELT1  =                 -0.1") + card(zero) + card("END"), "test");
      FAIL() << zero;
    } catch (const base::DataError& error) {
      EXPECT_NE(std::string(error.what()).find("has an axis of zeros"), std::string::npos) << error.what();
    }
  }
}

TEST(Wcs, CdOfTwoAxesOfThree) {
  const TangentWcs wcs = read_wcs(card("WCSAXES =                    3") + header(), "test");
  EXPECT_NEAR(wcs.pixel_scale_arcsec(), 0.262, 1e-4);
}

}  // namespace
}  // namespace asterism::astro
