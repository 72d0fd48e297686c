#include "astro/wcs.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/error.h"

namespace asterism::astro {
namespace {

std::string card(const std::string& text) { return fmt::format("{:<80}", text); }

constexpr PixelBox kBox{0, 0, 95, 95};

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
  const TangentWcs wcs = read_wcs(header(), "test", kBox);
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
  const TangentWcs wcs = read_wcs(header(), "test", kBox);
  const double expected[3][4] = {{0, 0, 150.1034199585181, 2.1970682738702707},
                                 {95, 0, 150.0965009830976, 2.197182273686913},
                                 {10, 80, 150.1027717150402, 2.2029024974224543}};
  for (const auto& e : expected) {
    const SkyPosition p = wcs.sky_of(e[0], e[1]);
    EXPECT_LT(separation_deg(p, {e[2], e[3]}), 1e-11);
  }
}

std::string far_off(const std::string& code, const std::vector<std::pair<std::string, std::string>>& more = {}) {
  std::string h = header(code);
  for (const auto& [from, to] : {std::pair("                48.5", "             -1951.5"),
                                 std::pair("                40.5", "              1240.5")})
    h.replace(h.find(from), 20, to);
  h.resize(h.size() - 80);
  for (const auto& [keyword, value] : more) h += card(fmt::format("{:<8}= {:>20}", keyword, value));
  return h + card("END");
}

// A cutout far from the reference of a large image. By astropy.wcs for these headers:
// all_pix2world([[0, 0], [95, 0], [10, 80], [47.5, 47.5]], 0).
TEST(Wcs, OtherProjectionsAndDistortionsAsAstropyHasThem) {
  struct Case {
    std::string header;
    double sky[4][2];
  };
  const std::vector<std::pair<std::string, std::string>> bent = {{"A_ORDER", "2"},   {"B_ORDER", "2"},
                                                                 {"A_2_0", "2E-06"}, {"A_1_1", "-1E-06"},
                                                                 {"B_0_2", "3E-06"}, {"B_2_0", "1E-06"}};
  const std::vector<std::pair<std::string, std::string>> polynomial = {{"PV1_0", "0.0001"}, {"PV1_1", "1.001"},
                                                                       {"PV1_4", "0.002"},  {"PV2_0", "-0.0002"},
                                                                       {"PV2_1", "0.999"},  {"PV2_5", "0.001"}};
  auto of_scamp = polynomial;  // the same under the name of TAN, as SCAMP wrote it
  for (const char* name : {"PV1_6", "PV2_6"}) of_scamp.emplace_back(name, "0.001");
  of_scamp.emplace_back("PV1_5", "0.0");
  const Case cases[] = {{far_off("SIN"),
                         {{149.95656429108152, 2.1121280225245593},
                          {149.94964566809605, 2.1122413421994612},
                          {149.9559155290376, 2.1179621887435487},
                          {149.95315218539332, 2.1156416393732678}}},
                        {far_off("ARC"),
                         {{149.9565644969086, 2.1121281486357684},
                          {149.9496458991923, 2.112241477104525},
                          {149.95591572990742, 2.117962303128976},
                          {149.95315239897897, 2.115641762086912}}},
                        {far_off("ZPN", {{"PV2_1", "1.0"}, {"PV2_3", "42.0"}}),
                         {{149.95661630894514, 2.1121598941082604},
                          {149.94970406764077, 2.1122754335960474},
                          {149.9559662956296, 2.1179910978086256},
                          {149.95320616325088, 2.1156726518472824}}},
                        {far_off("TAN-SIP", bent),
                         {{149.9558417573314, 2.1127532703365586},
                          {149.948859661176, 2.1128953155004186},
                          {149.95519727297815, 2.118548268817097},
                          {149.95240479944871, 2.116255727137539}}},
                        {far_off("TPV", polynomial),
                         {{149.9565626701381, 2.112028860661607},
                          {149.9496412672668, 2.112142682819649},
                          {149.95591361817657, 2.1178563743328214},
                          {149.95314915596794, 2.1155387371577823}}},
                        {far_off("TAN", of_scamp),
                         {{149.956570393621, 2.1120494070751614},
                          {149.94964897041186, 2.112165259097091},
                          {149.95592034978165, 2.1178771067862012},
                          {149.95315627375612, 2.115560272558501}}}};
  const double pixels[4][2] = {{0, 0}, {95, 0}, {10, 80}, {47.5, 47.5}};
  for (const Case& one : cases) {
    const std::string code = one.header.substr(one.header.find("RA---"), 10);
    const TangentWcs wcs = read_wcs(one.header, "test", kBox);
    EXPECT_EQ(wcs.crpix_x, 47.5) << code;
    for (int i = 0; i < 4; ++i) {
      const double off = separation_deg(wcs.sky_of(pixels[i][0], pixels[i][1]), {one.sky[i][0], one.sky[i][1]});
      EXPECT_LT(off * 3600 / wcs.pixel_scale_arcsec(), i == 3 ? 1e-6 : kMostOffPlane) << code << " " << i;
    }
  }
}

// As the cutouts of the Groth strip have them.
TEST(Wcs, ParametersOfZeroBesideTanMeanNothing) {
  const auto plain = read_wcs(far_off("TAN"), "test", kBox);
  const auto zeros =
      read_wcs(far_off("TAN", {{"PV2_1", "0.00000000000"}, {"PV2_2", "0.0"}, {"PV1_5", "0"}}), "test", kBox);
  EXPECT_EQ(zeros.crpix_x, plain.crpix_x);
  EXPECT_EQ(zeros.cd[0][0], plain.cd[0][0]);
}

TEST(Wcs, WhatIsNoTangentPlaneIsToBeCutSmaller) {
  try {
    read_wcs(far_off("SIN"), "far.fits", {0, 0, 9999, 9999});
    FAIL();
  } catch (const base::DataError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("far.fits: projection 'SIN' over 10000 x 10000 pixels"), std::string::npos) << text;
    EXPECT_NE(text.find("cut smaller images"), std::string::npos) << text;
  }
  EXPECT_THROW(read_wcs(far_off("SIN"), "test", {1e6, 1e6, 1e6, 1e6}), base::DataError);  // beyond the horizon
}

TEST(Wcs, RefusesWhatItDoesNotKnow) {
  EXPECT_THROW(read_wcs("short", "test", kBox), base::DataError);
  EXPECT_THROW(read_wcs("", "test", kBox), base::DataError);
  EXPECT_THROW(read_wcs(card("SIMPLE  =                    T") + card("END"), "test", kBox), base::DataError);
  EXPECT_THROW(read_wcs(std::string(8000, '\xff'), "test", kBox), base::DataError);
}

// WCSLIB would leave memory behind (the address sanitizer's build of this test says so).
TEST(Wcs, GalacticAxesAreNoRightAscension) {
  auto galactic = header();
  for (const auto& [from, to] : {std::pair("RA---TAN", "GLON-TAN"), std::pair("DEC--TAN", "GLAT-TAN")})
    galactic.replace(galactic.find(from), 8, to);
  EXPECT_THROW(read_wcs(galactic, "test", kBox), base::DataError);
}

TEST(Wcs, RefusesAnAxisOfZerosBeforeWcslibDoes) {
  const std::string axes = card("NAXIS   =                    3") + card("CTYPE1  = 'RA---TAN'") +
                           card("CTYPE2  = 'DEC--TAN'") + card("CRVAL1  =                150.1") +
                           card("CRVAL2  =                  2.2");
  for (const char* zero :
       {"CDELT2  =                  0.0", "CDELT3  =                  0.0", "PC1_1   =                  0.0"}) {
    try {
      read_wcs(axes + card("CDELT1  =                 -0.1") + card(zero) + card("END"), "test", kBox);
      FAIL() << zero;
    } catch (const base::DataError& error) {
      EXPECT_NE(std::string(error.what()).find("has an axis of zeros"), std::string::npos) << error.what();
    }
  }
}

TEST(Wcs, CdOfTwoAxesOfThree) {
  const TangentWcs wcs = read_wcs(card("WCSAXES =                    3") + header(), "test", kBox);
  EXPECT_NEAR(wcs.pixel_scale_arcsec(), 0.262, 1e-4);
}

}  // namespace
}  // namespace asterism::astro
