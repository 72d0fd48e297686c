#include "data/surveys/cutouts.h"

#include "tests/data/sample_batch.h"
#include "tests/data/surveys/survey_rows.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

// What make_surveys.py wrote: values 0 to 71, inverse variance 4, one pixel without, one saturated in g.
TEST(LegacyCutouts, BandsWeightsAndMasks) {
  const auto batch = all_rows(open_legacy_cutouts, {golden_file("legacy-one.fits.gz")});
  ASSERT_EQ(batch.size(), 1);
  EXPECT_EQ(batch.objects[0].id, "legacy-one");
  EXPECT_NEAR(batch.objects[0].ra_deg, 150.25, 1e-9);
  const auto& block = image(batch, "image_legacy");
  ASSERT_EQ(block.bands.size(), 2u);
  EXPECT_EQ(block.bands[0].name, "des-g");
  EXPECT_NEAR(block.bands[1].wavelength_angstrom, 6400, 150);
  EXPECT_EQ(block.unit, "nanomaggy");
  EXPECT_DOUBLE_EQ(block.pixel_scale_arcsec, 0.262);
  EXPECT_FLOAT_EQ(block.flux[40], 40);
  EXPECT_FLOAT_EQ(block.ivar[40], 4);
  EXPECT_EQ(block.mask[36], 1);       // no inverse variance
  EXPECT_EQ(block.mask[15], 1);       // SATUR_G at line 2, pixel 3
  EXPECT_EQ(block.mask[36 + 15], 0);  // not in r
  EXPECT_EQ(block.mask[21], 0);       // GALAXY forbids nothing
}

TEST(LegacyCutouts, ATableGivesNamesAndPositions) {
  const base::TemporaryFolder folder;
  fs::copy(golden_file("legacy-one.fits.gz"), folder / "a.fits.gz");
  write_bytes(folder / "objects.csv", "file,object_id,ra,dec\na.fits.gz,12_34,150.2501,2.5001\nb.fits,9,400000,2\n");
  const Counts found = counts(open_legacy_cutouts, {folder.path()});
  EXPECT_EQ(found.rows, 1);
  EXPECT_EQ(found.bad, 1);  // the second line's position
  write_bytes(folder / "objects.csv", "file,object_id,ra,dec\na.fits.gz,12_34,150.2501,2.5001\n");
  const auto batch = all_rows(open_legacy_cutouts, {folder.path()});
  EXPECT_EQ(batch.objects[0].id, "12_34");
  EXPECT_DOUBLE_EQ(batch.objects[0].ra_deg, 150.2501);
}

// 100 counts of zero point 27 are 1.585 nanomaggies; the variance of 25 counts^2 goes with it.
TEST(HscCutouts, CountsBecomeNanomaggies) {
  const auto batch = all_rows(open_hsc_cutouts, {golden_file("")});
  ASSERT_EQ(batch.size(), 1);
  EXPECT_EQ(batch.objects[0].id, "2-cutout-9813-pdr3");
  EXPECT_NEAR(batch.objects[0].ra_deg, 149.5, 1e-9);
  const auto& block = image(batch, "image_hsc");
  ASSERT_EQ(block.bands.size(), 5u);
  const float factor = std::pow(10.0f, -1.8f);
  EXPECT_NEAR(block.flux[12], 100 * factor, 1e-4);
  EXPECT_NEAR(block.flux[2 * 25 + 12], 200 * factor, 1e-4);
  EXPECT_NEAR(block.ivar[12], 1 / (25 * factor * factor), 1e-2);
  EXPECT_EQ(block.mask[0], 1);        // SAT
  EXPECT_EQ(block.mask[1], 0);        // EDGE does not mask
  EXPECT_EQ(block.mask[25 + 12], 1);  // r is not there
  EXPECT_DOUBLE_EQ(block.pixel_scale_arcsec, 0.168);
}

TEST(Cutouts, DamagedFilesAreBadRows) {
  const base::TemporaryFolder folder;
  fs::copy(golden_file("legacy-one.fits.gz"), folder / "good.fits.gz");
  const std::string bytes = bytes_of(golden_file("legacy-one.fits.gz"));
  for (const size_t length : {size_t{0}, size_t{50}, bytes.size() / 2}) {
    write_bytes(folder / "cut.fits.gz", bytes.substr(0, length));
    const Counts found = counts(open_legacy_cutouts, {folder.path()});
    EXPECT_EQ(found.rows, 1);
    EXPECT_EQ(found.bad, 1);
    EXPECT_NE(found.first.find("cut.fits.gz"), std::string::npos);
  }
  EXPECT_EQ(counts(open_legacy_cutouts, {golden_file("2-cutout-HSC-G-9813-pdr3.fits.gz")}).bad, 1);  // no such layout
}

}  // namespace
}  // namespace asterism::data
