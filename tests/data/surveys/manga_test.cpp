#include "data/surveys/manga.h"

#include "data/split.h"
#include "tests/data/sample_batch.h"
#include "tests/data/surveys/survey_rows.h"
#include "tests/where.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

fs::path spectra() { return shared_folder() / "realdata" / "manga" / "MaNGA_test_spectra.fits.gz"; }
fs::path cube(const std::string& name = "9999-1901") {
  return fs::path(tests::kSourceFolder) / "tests/golden/surveys" / ("manga-" + name + "-LOGCUBE.fits.gz");
}

TEST(Manga, SingleSpectra) {
  if (!fs::exists(spectra())) GTEST_SKIP() << "no " << spectra() << ": set ASTERISM_SHARED";
  const auto batch = all_rows(open_manga, {spectra()});
  ASSERT_EQ(batch.size(), 8);
  const auto& block = std::get<modalities::SpectrumBlock>(batch.blocks.at("spectrum_manga"));
  EXPECT_EQ(block.length, 4563);
  EXPECT_NEAR(block.wavelength_angstrom[0], 3621.6, 0.1);
  EXPECT_NEAR(block.wavelength_angstrom[4562], 10353.8, 0.1);
  const int64_t good[8] = {4558, 4558, 4557, 4557, 4562, 2212, 4558, 4562};
  for (size_t row = 0; row < 8; ++row) {
    int64_t found = 0;
    for (size_t i = 0; i < 4563; ++i) found += block.mask[row * 4563 + i] == 0;
    EXPECT_EQ(found, good[row]) << row;
    for (size_t i = 0; i < 4563; ++i) {  // a negative SRES is an unknown line spread, not a negative one
      EXPECT_GE(block.lsf_sigma_angstrom[row * 4563 + i], 0);
      EXPECT_LT(block.lsf_sigma_angstrom[row * 4563 + i], 50);
    }
  }
  EXPECT_NEAR(scalar(batch, "redshift").value[5], 0.0171611, 1e-7);
  const auto u = split_numbers(batch);
  EXPECT_EQ(u[5], u[6]);  // the same galaxy
  EXPECT_FALSE(batch.objects[0].has_position);
}

// A cube made by tests/golden/make_surveys.py with astropy, of the pipeline's layout.
TEST(Manga, Cubes) {
  const auto batch = all_rows(open_manga, {cube()});
  ASSERT_EQ(batch.size(), 1);
  EXPECT_EQ(batch.objects[0].id, "9999-1901");
  EXPECT_DOUBLE_EQ(batch.objects[0].ra_deg, 217.5);
  EXPECT_DOUBLE_EQ(batch.objects[0].dec_deg, 52.25);
  const auto& block = std::get<modalities::CubeBlock>(batch.blocks.at("cube_manga"));
  EXPECT_EQ(block.length, 6);
  EXPECT_EQ(block.height, 4);
  EXPECT_EQ(block.width, 5);
  EXPECT_DOUBLE_EQ(block.pixel_scale_arcsec, 0.5);
  const size_t at = (2 * 4 + 1) * 5 + 3;  // plane 2, line 1, pixel 3: the script wrote 100 k + 10 y + x
  EXPECT_FLOAT_EQ(block.flux[at], 213);
  EXPECT_FLOAT_EQ(block.ivar[at], 4);
  EXPECT_EQ(block.mask[0], 1);  // DONOTUSE
  EXPECT_EQ(block.mask[1], 1);  // no inverse variance
  EXPECT_EQ(block.mask[2], 0);  // a bit that does not forbid the pixel
  EXPECT_NEAR(block.lsf_sigma_angstrom[0], 0.9, 1e-6);
}

TEST(Manga, SmallerBundlesStandInTheMiddleOfTheLargestFrame) {
  const auto batch = all_rows(open_manga, {cube(), cube("9999-12701")});
  ASSERT_EQ(batch.size(), 2);
  const auto& block = std::get<modalities::CubeBlock>(batch.blocks.at("cube_manga"));
  EXPECT_EQ(block.height, 7);
  EXPECT_EQ(block.width, 8);
  const size_t small = batch.objects[0].id == "9999-1901" ? 0 : 1;
  const auto at = [](size_t row, size_t k, size_t y, size_t x) { return ((row * 6 + k) * 7 + y) * 8 + x; };
  EXPECT_FLOAT_EQ(block.flux[at(small, 2, 1 + 1, 1 + 3)], 213);  // 7 - 4 and 8 - 5: one line and one pixel in front
  EXPECT_EQ(block.mask[at(small, 2, 0, 4)], 1);
  EXPECT_EQ(block.mask[at(small, 2, 6, 4)], 1);
  EXPECT_FLOAT_EQ(block.flux[at(1 - small, 5, 6, 7)], 567);
  EXPECT_EQ(block.mask[at(1 - small, 5, 6, 7)], 0);
}

TEST(Manga, DamagedFilesAreBadRows) {
  if (!fs::exists(cube())) GTEST_FAIL() << cube();
  const base::TemporaryFolder work;
  fs::copy(cube(), work / "b-LOGCUBE.fits.gz");
  std::string bytes = bytes_of(cube());
  for (const size_t length : {size_t{0}, size_t{40}, bytes.size() / 2, bytes.size() - 3}) {
    write_bytes(work / "a-LOGCUBE.fits.gz", bytes.substr(0, length));
    const Counts found = counts(open_manga, {work.path()});
    EXPECT_EQ(found.rows, 1);
    EXPECT_EQ(found.bad, 1);
  }
}

}  // namespace
}  // namespace asterism::data
