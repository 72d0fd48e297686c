#include "data/surveys/desi_arms.h"

#include "tests/data/sample_batch.h"
#include "tests/data/surveys/survey_rows.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

// Where B and R overlap, the joined flux is the mean weighted by inverse variance, and the weights add up.
TEST(DesiArms, OverlapsAreWeightedMeans) {
  const auto source = shared_folder() / "realdata" / "desi" / "coadd-4-80613-thru20210324.fits";
  if (!fs::exists(source)) GTEST_SKIP() << "no " << source << ": set ASTERISM_SHARED";
  const auto file = io::FitsFile::open(source);
  const DesiArms arms(file, 1);
  const auto spectrum = arms.spectrum(0);
  const auto b = file.hdu("B_FLUX").image<float>(), bv = file.hdu("B_IVAR").image<float>();
  const auto r = file.hdu("R_FLUX").image<float>(), rv = file.hdu("R_IVAR").image<float>();
  for (const size_t k : {size_t{2700}, size_t{2725}, size_t{2750}}) {  // 5760 A is pixel 2700, the first of R
    const double w0 = double(bv.values[k]), w1 = double(rv.values[k - 2700]);
    const double mean = (double(b.values[k]) * w0 + double(r.values[k - 2700]) * w1) / (w0 + w1);
    EXPECT_NEAR(spectrum.flux[k], mean, 1e-5 * std::abs(mean) + 1e-6);
    EXPECT_NEAR(spectrum.ivar[k], w0 + w1, 1e-5 * (w0 + w1));
  }
  EXPECT_FLOAT_EQ(spectrum.flux[100], b.values[100]);
  EXPECT_FLOAT_EQ(spectrum.flux[7780], file.hdu("Z_FLUX").image<float>().values[2880]);
}

// DESI resolves 2000 at 3600 A and 5000 at 9800 A (DESI Collaboration 2022, AJ 164, 207, figure 33): a sigma of about
// 0.5 to 0.9 A.
TEST(DesiArms, LineSpreadIsThatOfTheSpectrograph) {
  const auto source = shared_folder() / "realdata" / "desi" / "coadd-4-80613-thru20210324.fits";
  if (!fs::exists(source)) GTEST_SKIP() << "no " << source << ": set ASTERISM_SHARED";
  const auto spectrum = DesiArms(io::FitsFile::open(source), 1).spectrum(0);
  for (const size_t k : {size_t{300}, size_t{2000}, size_t{4000}, size_t{7000}}) {
    const double sigma = double(spectrum.lsf_sigma_angstrom[k]), at = double(spectrum.wavelength_angstrom[k]);
    EXPECT_GT(at / (sigma * 2.3548), 1800) << at;
    EXPECT_LT(at / (sigma * 2.3548), 6000) << at;
  }
}

TEST(DesiArms, RefusesWhatIsNotACoadd) {
  const auto source = shared_folder() / "realdata" / "desi" / "coadd-2-80693-thru20210204.fits";
  if (!fs::exists(source)) GTEST_SKIP() << "no " << source << ": set ASTERISM_SHARED";
  const auto file = io::FitsFile::open(source);
  EXPECT_NO_THROW(DesiArms(file, 5));
  EXPECT_THROW(DesiArms(file, 4), base::DataError);  // another number of targets
  EXPECT_THROW(DesiArms(io::FitsFile::open(shared_folder() / "realdata" / "desi" / "stack-LRG.fits"), 1),
               base::DataError);
}

}  // namespace
}  // namespace asterism::data
