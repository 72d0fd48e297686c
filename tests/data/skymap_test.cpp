#include "data/skymap.h"

#include <gtest/gtest.h>

#include "astro/healpix.h"
#include "base/temporary_folder.h"
#include "io/fits.h"

namespace asterism::data {
namespace {

TEST(Skymap, CountsEveryRowOnce) {
  const base::TemporaryFolder folder;
  const std::vector<int64_t> one = {astro::healpix_pixel(29, 10, 20), astro::healpix_pixel(29, 10, 20) + 1},
                             two = {astro::healpix_pixel(29, 200, -60)};
  EXPECT_EQ(write_skymap(folder / "skymap.fits", {one, two}).size(), 2u);
  const auto hdu = io::FitsFile::open(folder / "skymap.fits").hdu(1);
  EXPECT_EQ(hdu.text("ORDERING"), "NESTED");
  EXPECT_EQ(hdu.text("INDXSCHM"), "EXPLICIT");
  EXPECT_EQ(hdu.integer("NSIDE"), 256);
  const auto pixels = hdu.column<int64_t>("PIXEL").values, values = hdu.column<int64_t>("VALUE").values;
  ASSERT_EQ(pixels.size(), 2u);
  for (size_t i = 0; i < 2; ++i) EXPECT_EQ(values[i], pixels[i] == astro::healpix_pixel(8, 10, 20) ? 2 : 1);
  EXPECT_LT(std::filesystem::file_size(folder / "skymap.fits"), 20000u) << "a small catalogue stays small";
}

}  // namespace
}  // namespace asterism::data
