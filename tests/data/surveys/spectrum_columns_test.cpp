#include "data/surveys/spectrum_columns.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "io/fits_writer.h"
#include "tests/base/refusal.h"

namespace asterism::data {
namespace {

using test::complaint;

TEST(SpectrumColumns, ATableWithARowAPixel) {
  const base::TemporaryFolder folder;
  io::FitsWriter writer;
  writer.table("COADD", {{"loglam", "", std::vector<double>{3.6, 3.7, 3.8}},
                         {"flux", "Jy", std::vector<float>{1, NAN, 3}},
                         {"ivar", "", std::vector<float>{4, 5, 6}},
                         {"flags", "", std::vector<int32_t>{0, 8, 0}}});
  writer.write(folder / "a.fits");
  const SpectrumNames names{"loglam", "flux", "ivar", "flags", "", std::nullopt};
  for (const char* hdu : {"", "COADD", "1"}) {
    const auto found = read_spectrum_table(folder / "a.fits", hdu, names);
    EXPECT_EQ(found.wavelength.values[2], 3.8);
    EXPECT_EQ(found.flux.unit, "Jy");
    EXPECT_TRUE(std::isnan(found.flux.values[1]));
    EXPECT_EQ(found.uncertainty.values[1], 5);
    EXPECT_EQ(found.mask, (std::vector<int64_t>{0, 8, 0}));
  }
  EXPECT_NE(complaint([&] {
              read_spectrum_table(folder / "a.fits", "", {"lam", "flux", "", "", "", {}});
            }).find("'loglam'"),
            std::string::npos);  // the nearest
  EXPECT_NE(complaint([&] { read_spectrum_table(folder / "a.fits", "0", names); }).find("a.fits, HDU 0: no table"),
            std::string::npos);
}

TEST(SpectrumColumns, ATableWithARowAnObject) {
  const base::TemporaryFolder folder;
  io::FitsWriter writer;
  writer.table("SPECTRA", {{"wave", "nm", std::vector<double>{1, 2, 3, 4, 5, 6}, 3},
                           {"flux", "", std::vector<double>{7, 8, 9, 10, 11, 12}, 3}});
  writer.write(folder / "all.fits");
  const auto of = [&](std::optional<int64_t> row) {
    return read_spectrum_table(folder / "all.fits", "", {"wave", "flux", "", "", "", row});
  };
  EXPECT_EQ(of(1).flux.values, (std::vector<double>{10, 11, 12}));
  EXPECT_EQ(of(0).wavelength.values, (std::vector<double>{1, 2, 3}));
  EXPECT_NE(complaint([&] { of(std::nullopt); }).find("2 rows of spectra: `row` says which"), std::string::npos);
  EXPECT_NE(complaint([&] { of(2); }).find("row 2 of 2"), std::string::npos);
}

TEST(SpectrumColumns, TablesInText) {
  const base::TemporaryFolder folder;
  base::write_text(folder / "a.csv", "wave,flux,err\n5000,1.5,0.1\n5001,,0.2\n5002,2.5,0.3\n");
  const SpectrumNames names{"wave", "flux", "err", "", "", std::nullopt};
  const auto found = read_spectrum_table(folder / "a.csv", "", names);
  EXPECT_EQ(found.wavelength.values[1], 5001);
  EXPECT_TRUE(std::isnan(found.flux.values[1]));
  EXPECT_EQ(found.uncertainty.values[2], 0.3);
  EXPECT_NE(complaint([&] { read_spectrum_table(folder / "a.csv", "1", names); }).find("no FITS"), std::string::npos);
  base::write_text(folder / "b.csv", "wave,flux,err\n5000,many,0.1\n");
  EXPECT_NE(complaint([&] { read_spectrum_table(folder / "b.csv", "", names); }).find("line 2, column flux"),
            std::string::npos);
}

TEST(SpectrumColumns, AnImageWithItsGridInTheHeader) {
  const base::TemporaryFolder folder;
  io::FitsWriter writer;
  writer.card("CRVAL1", 3.5).card("CDELT1", 0.1).card("CRPIX1", 2.0).card("DC-FLAG", int64_t{1});
  writer.image("FLUX", {2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6}, "Jy");
  writer.image("IVAR", {2, 3}, std::vector<float>{7, 8, 9, 10, 11, 12});
  writer.image("WAVE", {3}, std::vector<double>{400, 500, 600}, "nm");
  writer.image("DQ", {2, 3}, std::vector<int32_t>{0, 0, 0, 0, 1, 0});
  writer.write(folder / "a.fits");
  const auto found = read_spectrum_image(folder / "a.fits", "FLUX", {"", "", "IVAR", "DQ", "", 1});
  EXPECT_EQ(found.flux.values, (std::vector<double>{4, 5, 6}));
  EXPECT_EQ(found.flux.unit, "Jy");
  EXPECT_EQ(found.uncertainty.values, (std::vector<double>{10, 11, 12}));
  EXPECT_EQ(found.mask, (std::vector<int64_t>{0, 1, 0}));
  EXPECT_TRUE(found.wavelength.log10);
  EXPECT_NEAR(found.wavelength.values[0], 3.4, 1e-12);
  const auto beside = read_spectrum_image(folder / "a.fits", "", {"WAVE", "", "", "", "", 0});
  EXPECT_EQ(beside.wavelength.values, (std::vector<double>{400, 500, 600}));
  EXPECT_EQ(beside.wavelength.unit, "nm");
  EXPECT_FALSE(beside.wavelength.log10);
  EXPECT_NE(complaint([&] { read_spectrum_image(folder / "a.fits", "FLUX", {}); }).find("2 lines of spectra"),
            std::string::npos);
  EXPECT_NE(complaint([&] { read_spectrum_image(folder / "a.fits", "WAVE", {}); }).find("HDU WAVE: no wavelengths"),
            std::string::npos);
}

}  // namespace
}  // namespace asterism::data
