#include "data/surveys/cutout_window.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/temporary_folder.h"
#include "io/fits_writer.h"
#include "tests/base/refusal.h"

namespace asterism::data {
namespace {

TEST(CutoutWindows, LieAboutTheObject) {
  const base::TemporaryFolder folder;
  io::FitsWriter writer;
  writer.card("CTYPE1", "RA---TAN").card("CTYPE2", "DEC--TAN").card("CRPIX1", 51.0).card("CRPIX2", 41.0);
  writer.card("CRVAL1", 10.0).card("CRVAL2", 0.0);
  writer.card("CD1_1", -1 / 3600.0).card("CD1_2", 0.0).card("CD2_1", 0.0).card("CD2_2", 1 / 3600.0);
  writer.image("", {80, 100}, std::vector<float>(8000, 0));
  writer.write(folder / "a.fits");
  const auto hdu = io::FitsFile::open(folder / "a.fits").hdu(0);
  const auto at = [&](double east, double north, bool placed = true) {
    return cutout_window(hdu, 80, 100, 5, {"s", "1", placed, 10 + east / 3600, north / 3600}, "a.fits");
  };
  const auto middle = at(0, 0);
  EXPECT_EQ(middle.left, 48);
  EXPECT_EQ(middle.top, 38);
  EXPECT_EQ(middle.width, 5);
  const auto corner = at(50, -40);  // in the first pixel: beyond the edge on two sides
  EXPECT_EQ(corner.left, -2);
  EXPECT_EQ(corner.top, -2);
  EXPECT_NE(test::complaint([&] { at(52, 0); }).find("a.fits: the object lies at pixel (-2.0, 40.0) of 100 x 80"),
            std::string::npos);
  EXPECT_NE(test::complaint([&] { at(0, 0, false); }).find("which the object lacks"), std::string::npos);
  EXPECT_NE(test::complaint([&] { at(0, 80 * 3600.0); }).find("far off the image"), std::string::npos);
}

}  // namespace
}  // namespace asterism::data
