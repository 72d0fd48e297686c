#include "data/surveys/sdss_spectrum.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "io/fits_writer.h"

namespace asterism::data {
namespace {

struct Made {
  std::vector<float> flux = {1, 2, 3, 4}, ivar = {1, 1, 0, 1}, loglam = {3.6f, 3.6001f, 3.6002f, 3.6003f},
                     wdisp = {1, 1, 1, 1};
  std::vector<int32_t> mask = {0, 1 << 20, 0, 0};
  modalities::SpectrumBlock read() const {
    io::FitsWriter writer;
    writer.table(
        "COADD",
        {{"FLUX", "", flux}, {"LOGLAM", "", loglam}, {"IVAR", "", ivar}, {"AND_MASK", "", mask}, {"WDISP", "", wdisp}});
    return read_sdss_spectrum(io::FitsFile::from_bytes(writer.bytes(), "made").hdu(1), "made");
  }
};

TEST(SdssSpectrum, MasksAndLineSpread) {
  const auto block = Made().read();
  EXPECT_EQ(block.mask, (base::AlignedVector<uint8_t>{0, 1, 1, 0}));
  EXPECT_NEAR(block.wavelength_angstrom[0], std::pow(10, 3.6), 0.01);
  EXPECT_NEAR(block.lsf_sigma_angstrom[0], std::pow(10, 3.6) * 1e-4 * std::log(10), 1e-4);
  modalities::check("made", block);
}

TEST(SdssSpectrum, WarningsAboutTheFibreDoNotMaskEverything) {
  Made made;
  made.mask = {1 << 2, (1 << 2) | (1 << 20), 1 << 2, 1 << 2};
  EXPECT_EQ(made.read().mask, (base::AlignedVector<uint8_t>{0, 1, 1, 0}));
  made.mask = {1 << 2, 0, 0, 0};
  EXPECT_EQ(made.read().mask, (base::AlignedVector<uint8_t>{1, 0, 1, 0})) << "where some pixel is left, they count";
}

TEST(SdssSpectrum, RefusesWhatIsNoSpectrum) {
  Made none;
  none.ivar = {0, 0, -1, 0};
  EXPECT_THROW(none.read(), base::DataError);
  Made backwards;
  backwards.loglam[2] = 3.5f;
  EXPECT_THROW(backwards.read(), base::DataError);
  Made far;
  far.loglam[3] = 30;
  EXPECT_THROW(far.read(), base::DataError);
  Made nan;
  nan.loglam[3] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(nan.read(), base::DataError);
  Made flux;
  flux.flux[0] = std::numeric_limits<float>::infinity();
  EXPECT_EQ(flux.read().mask[0], 1) << "one bad value costs a pixel";
}

TEST(SdssSpectrum, ReadsOnlyTheUnitOfTheDataModel) {
  const auto check = [](const std::string& unit) {
    io::FitsWriter writer;
    writer.image("FIRST", {}, std::vector<float>(), unit);
    check_flux_unit(io::FitsFile::from_bytes(writer.bytes(), "made").hdu(0), "made.fits");
  };
  for (const char* unit : {"", "1E-17 erg/cm^2/s/Ang", "1e-17 erg/s/cm^2/Angstrom"}) EXPECT_NO_THROW(check(unit));
  for (const char* unit : {"Jy", "erg/cm^2/s/Ang", "1E-17 erg/cm^2/s/Hz", "1E-17 erg/cm^2/s/nm"})
    EXPECT_THROW(check(unit), base::DataError) << unit;
}

}  // namespace
}  // namespace asterism::data
