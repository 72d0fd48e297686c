#include "data/surveys/hsc_sim_blends.h"

#include "tests/data/sample_batch.h"
#include "tests/data/surveys/survey_rows.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

fs::path blends_folder() { return shared_folder() / "realdata" / "hsc_sim_blends"; }

TEST(HscSimBlends, GivesWhatTheFilesHold) {
  if (!fs::exists(blends_folder())) GTEST_SKIP() << "no " << blends_folder() << ": set ASTERISM_SHARED";
  const auto batch = all_rows(open_hsc_sim_blends, {blends_folder()});
  ASSERT_EQ(batch.size(), 55);
  const auto& image = std::get<modalities::ImageBlock>(batch.blocks.at("image_hsc"));
  EXPECT_EQ(image.height, 109);
  EXPECT_EQ(image.width, 111);
  const auto& list = std::get<modalities::CatalogBlock>(batch.blocks.at("catalog_blend"));
  EXPECT_EQ(list.length, 20);
  int64_t peaks = 0, matched = 0, stars = 0, redshifts = 0;
  for (int64_t row = 0; row < 55; ++row) {
    peaks += list.count[size_t(row)];
    const auto at = [&](int64_t column, int64_t i) {
      return size_t((row * int64_t(list.columns.size()) + column) * list.length + i);
    };
    for (int64_t i = 0; i < list.count[size_t(row)]; ++i) {
      matched += list.value[at(2, i)] == 1;
      stars += list.value[at(3, i)] == 1;
      const bool has_redshift = list.mask[at(10, i)] == 0;
      redshifts += has_redshift;
      EXPECT_TRUE(!has_redshift || list.value[at(2, i)] == 1) << "a redshift goes with a match";
    }
    EXPECT_NEAR(batch.objects[size_t(row)].ra_deg, 150.1, 0.3);  // radians would be 2.6
    EXPECT_NEAR(batch.objects[size_t(row)].dec_deg, 2.5, 0.3);
  }
  EXPECT_EQ(peaks, 276);
  EXPECT_EQ(matched, 60);
  EXPECT_EQ(stars, 22);
  EXPECT_EQ(redshifts, 38);  // those of the galaxies: stars have none
}

// The first blend: pixel (row 17, column 15) is its matched peak; centers are (row, column), X is the column.
TEST(HscSimBlends, PixelsStayWhereTheyAre) {
  const auto path = blends_folder() / "43160169307177141.npz";
  if (!fs::exists(path)) GTEST_SKIP() << "no " << path << ": set ASTERISM_SHARED";
  const auto batch = all_rows(open_hsc_sim_blends, {path});
  const auto& list = std::get<modalities::CatalogBlock>(batch.blocks.at("catalog_blend"));
  EXPECT_EQ(list.columns[0].name, "X");
  EXPECT_EQ(list.value[0], 15);
  EXPECT_EQ(list.value[2], 17);
  EXPECT_NEAR(list.value[2 * 10], 1.00768, 1e-4);  // the redshift of peak 0
  const auto& image = std::get<modalities::ImageBlock>(batch.blocks.at("image_hsc"));
  EXPECT_EQ(image.height, 41);
  EXPECT_EQ(image.width, 32);
  // i magnitude 22.80 within a few pixels of the peak: 27.0 is the zero point of the counts.
  double flux = 0;
  for (int64_t y = 9; y <= 25; ++y) {
    for (int64_t x = 7; x <= 23; ++x) flux += double(image.flux[size_t((2 * 41 + y) * 32 + x)]);
  }
  EXPECT_NEAR(22.5 - 2.5 * std::log10(flux), 22.80, 0.4);
  EXPECT_NEAR(image.psf_fwhm_arcsec[2], 0.6, 0.2);
}

TEST(HscSimBlends, DamagedFilesAreBadRows) {
  if (!fs::exists(blends_folder())) GTEST_SKIP() << "no " << blends_folder() << ": set ASTERISM_SHARED";
  expect_bad_rows(open_hsc_sim_blends, blends_folder() / "43160177897112283.npz",
                  blends_folder() / "43160865091879544.npz", "a_cut.npz");
}

}  // namespace
}  // namespace asterism::data
