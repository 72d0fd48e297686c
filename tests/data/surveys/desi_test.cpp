#include "data/surveys/desi.h"

#include "data/split.h"
#include "tests/data/sample_batch.h"
#include "tests/data/surveys/survey_rows.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

fs::path desi_folder() { return shared_folder() / "realdata" / "desi"; }

TEST(Desi, GivesWhatTheFilesHold) {
  if (!fs::exists(desi_folder())) GTEST_SKIP() << "no " << desi_folder() << ": set ASTERISM_SHARED";
  const auto batch = all_rows(open_desi, {desi_folder()});
  ASSERT_EQ(batch.size(), 7);
  const size_t row = row_of(batch, "39633345008634465"), other = row_of(batch, "39089837499744649");
  EXPECT_NEAR(batch.objects[row].ra_deg, 105.48977452, 1e-8);
  EXPECT_NEAR(scalar(batch, "redshift").value[row], 0.36874355, 1e-8);
  EXPECT_NEAR(scalar(batch, "redshift").error[row], 1.17961562e-06, 1e-12);
  EXPECT_EQ(scalar(batch, "redshift_ok").value[row], 1);
  EXPECT_EQ(scalar(batch, "object_class").value[row], 0);
  EXPECT_NEAR(scalar(batch, "flux_g").value[row], 3.2370327, 1e-6);
  EXPECT_NEAR(scalar(batch, "flux_g").error[row], 1 / std::sqrt(537.6269), 1e-6);
  EXPECT_NEAR(scalar(batch, "ebv").value[row], 0.0514118, 1e-7);
  EXPECT_EQ(scalar(batch, "flux_g").present[other], 0);  // 0 with inverse variance 0: not measured
  EXPECT_NEAR(scalar(batch, "redshift").value[other], 0.00726967, 1e-8);
  int64_t redshifts = 0;
  for (const uint8_t p : scalar(batch, "redshift").present) redshifts += p;
  EXPECT_EQ(redshifts, 2);  // five targets have no redrock file
  const auto& spectra = std::get<modalities::SpectrumBlock>(batch.blocks.at("spectrum_desi"));
  EXPECT_EQ(spectra.length, 7781);
  EXPECT_FLOAT_EQ(spectra.wavelength_angstrom[0], 3600);
  EXPECT_FLOAT_EQ(spectra.wavelength_angstrom[7780], 9824);
}

// The same target in a second file: a row of its own, on the same side of every split.
TEST(Desi, RepeatedTargetsShareASplit) {
  const auto source = desi_folder() / "coadd-4-80613-thru20210324.fits";
  if (!fs::exists(source)) GTEST_SKIP() << "no " << source << ": set ASTERISM_SHARED";
  const base::TemporaryFolder work;
  fs::copy(source, work / "coadd-1-1-a.fits");
  fs::copy(source, work / "coadd-1-2-b.fits");
  const auto batch = all_rows(open_desi, {work.path()});
  ASSERT_EQ(batch.size(), 2);
  EXPECT_NE(batch.objects[0].id, batch.objects[1].id);
  EXPECT_EQ(batch.objects[1].id, "39633345008634465:coadd-1-2-b");
  EXPECT_EQ(split_numbers(batch)[0], split_numbers(batch)[1]);
  EXPECT_EQ(split_numbers(batch)[0], split_number("39633345008634465"));
}

TEST(Desi, DamagedFilesAreBadRows) {
  const auto source = desi_folder() / "coadd-4-80613-thru20210324.fits";
  if (!fs::exists(source)) GTEST_SKIP() << "no " << source << ": set ASTERISM_SHARED";
  expect_bad_rows(open_desi, source, desi_folder() / "coadd-special-dark-27247.fits", "coadd-9-9-cut.fits");
}

}  // namespace
}  // namespace asterism::data
