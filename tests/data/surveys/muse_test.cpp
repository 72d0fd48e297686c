#include "data/surveys/muse.h"

#include <gtest/gtest.h>

#include "astro/wavelength.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/import.h"
#include "tests/data/sample_batch.h"
#include "tests/data/surveys/survey_rows.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

fs::path muse_folder() { return shared_folder() / "realdata" / "muse_udf"; }

TEST(Muse, GivesWhatTheFilesHold) {
  if (!fs::exists(muse_folder())) GTEST_SKIP() << "no " << muse_folder() << ": set ASTERISM_SHARED";
  const auto batch = all_rows(open_muse, {muse_folder()});
  ASSERT_EQ(batch.size(), 2);
  const size_t cube_row = row_of(batch, "subcub_mosaic"), image_row = row_of(batch, "image");
  EXPECT_NEAR(batch.objects[cube_row].ra_deg, 53.17525, 2e-5);
  EXPECT_NEAR(batch.objects[cube_row].dec_deg, -27.80788, 2e-5);
  EXPECT_NEAR(batch.objects[image_row].ra_deg, 338.2266, 1e-4);
  EXPECT_NEAR(batch.objects[image_row].dec_deg, -60.5675, 1e-4);

  const auto& cube = std::get<modalities::CubeBlock>(batch.blocks.at("cube_muse"));
  EXPECT_EQ(cube.present[cube_row], 1);
  EXPECT_EQ(cube.present[image_row], 0);
  EXPECT_EQ(cube.length, 500);
  EXPECT_EQ(cube.height, 30);
  EXPECT_EQ(cube.width, 30);
  EXPECT_DOUBLE_EQ(cube.pixel_scale_arcsec, 0.2);
  // Air 4750 to 5373.75 A becomes vacuum.
  const float* wavelength = cube.wavelength_angstrom.data() + cube_row * 500;
  EXPECT_NEAR(wavelength[0], astro::vacuum_of_air(4750), 1e-3);
  EXPECT_NEAR(wavelength[499], astro::vacuum_of_air(5373.75), 1e-3);
  EXPECT_NEAR(wavelength[0] - 4750, 1.33, 0.02);

  const auto& fields = std::get<modalities::MapBlock>(batch.blocks.at("maps_fields"));
  for (size_t i = 0; i < 900; ++i) {
    const float v = fields.value[cube_row * 900 + i];
    EXPECT_TRUE(v == 64 || v == 576) << v;
  }
  const auto& segmentation = std::get<modalities::MapBlock>(batch.blocks.at("maps_segmentation"));
  EXPECT_TRUE(segmentation.integer);
  std::map<int, int> area;
  for (size_t i = 0; i < 8100; ++i) ++area[int(segmentation.value[image_row * 8100 + i])];
  EXPECT_EQ(area.size(), 14u);  // 0 and 13 sources
  EXPECT_EQ(area[1], 79);       // as catalog.fits counts them
  EXPECT_EQ(area[2], 28);
  EXPECT_EQ(area[3], 37);
  EXPECT_EQ(scalar(batch, "num_sources").value[image_row], 13);
}

// DATA in 1e-20 and STAT in its square become 1e-17 and an inverse variance.
TEST(Muse, UnitsAndVariances) {
  if (!fs::exists(muse_folder())) GTEST_SKIP() << "no " << muse_folder() << ": set ASTERISM_SHARED";
  const auto file = io::FitsFile::open(muse_folder() / "subcub_mosaic.fits");
  const auto data = file.hdu("DATA").image<float>(), stat = file.hdu("STAT").image<float>();
  const auto batch = all_rows(open_muse, {muse_folder() / "subcub_mosaic.fits"});
  const auto& cube = std::get<modalities::CubeBlock>(batch.blocks.at("cube_muse"));
  for (const size_t i : {size_t{0}, size_t{12345}, size_t{449999}}) {
    EXPECT_FLOAT_EQ(cube.flux[i], data.values[i] * 1e-3f);
    EXPECT_NEAR(cube.ivar[i] * stat.values[i] * 1e-6f, 1, 1e-4);
  }
  EXPECT_EQ(batch.blocks.count("image_muse"), 0u);
}

TEST(Muse, DamagedFilesAreBadRows) {
  const auto source = muse_folder() / "subcub_mosaic.fits";
  if (!fs::exists(source)) GTEST_SKIP() << "no " << source << ": set ASTERISM_SHARED";
  expect_bad_rows(open_muse, source, muse_folder() / "image.fits", "cut.fits");
}

}  // namespace
}  // namespace asterism::data
