#include "data/surveys/spectral_axis.h"

#include <gtest/gtest.h>

#include <cmath>

#include "astro/wavelength.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "io/fits_writer.h"
#include "tests/base/refusal.h"

namespace asterism::data {
namespace {

class SpectralAxes : public testing::Test {
 protected:
  SpectralAxis of(const std::string& type, double first, double step, int axis = 1) {
    io::FitsWriter writer;
    const std::string n = std::to_string(axis);
    if (!type.empty()) writer.card("CTYPE" + n, type);
    writer.card("CRVAL" + n, first).card("CDELT" + n, step).card("CRPIX" + n, 2.0).card("CUNIT" + n, "nm");
    writer.image("", std::vector<int64_t>(size_t(axis), 3), std::vector<float>(axis == 1 ? 3 : 27, 1));
    writer.write(folder_ / "a.fits");
    return spectral_axis(io::FitsFile::open(folder_ / "a.fits").hdu(0), axis, 3, "a.fits");
  }
  base::TemporaryFolder folder_;
};

TEST_F(SpectralAxes, EvenStepsAndEvenLogarithms) {
  EXPECT_EQ(of("", 500, 2).values, (std::vector<double>{498, 500, 502}));
  EXPECT_EQ(of("LINEAR", 500, 2).unit, "nm");
  EXPECT_TRUE(of("AWAV", 500, 2, 3).air);
  // Greisen et al. 2006, eq. 5: lambda = lambda_r exp(w / lambda_r).
  const auto log = of("WAVE-LOG", 500, 2, 3);
  EXPECT_NEAR(log.values[2], 500 * std::exp(2 / 500.0), 1e-12);
  EXPECT_NEAR(log.values[2] / log.values[1], log.values[1] / log.values[0], 1e-12);
}

TEST_F(SpectralAxes, WhatIsNoWavelengthIsRefused) {
  for (const char* type : {"FREQ", "VRAD", "VELO-LSR", "MULTISPE", "WAVE-GRI", "AWAV-F2W", "STOKES"})
    EXPECT_NE(test::complaint([&] { of(type, 500, 2); }).find(std::string("CTYPE1 is '") + type), std::string::npos);
  EXPECT_NE(test::complaint([&] { of("WAVE", 500, 0, 3); }).find("a.fits: no wavelengths: the header has no CRVAL3"),
            std::string::npos);
  EXPECT_THROW(of("WAVE-LOG", -1, 2), base::DataError);
}

TEST(VacuumAngstrom, UnitsLogarithmsAndAir) {
  EXPECT_EQ(vacuum_angstrom({{500}, "nm", false, false}, {}, "a"), std::vector<double>{5000});
  EXPECT_EQ(vacuum_angstrom({{5000}, "", false, false}, {}, "a"), std::vector<double>{5000});
  EXPECT_NEAR(vacuum_angstrom({{3.7}, "", true, false}, {}, "a")[0], std::pow(10, 3.7), 1e-9);
  EXPECT_NEAR(vacuum_angstrom({{-0.3}, "", false, false}, {"um", false, true}, "a")[0], 1e4 * std::pow(10, -0.3), 1e-9);
  EXPECT_EQ(vacuum_angstrom({{5000}, "", false, true}, {}, "a")[0], astro::vacuum_of_air(5000));
  EXPECT_EQ(vacuum_angstrom({{1500}, "", false, true}, {}, "a")[0], 1500);  // below 2,000 A wavelengths are of vacuum
  EXPECT_NE(test::complaint([] {
              vacuum_angstrom({{5}, "nm", false, false}, {"um", false, false}, "a");
            }).find("a: wavelengths in 'nm', the mapping says 'um'"),
            std::string::npos);
}

}  // namespace
}  // namespace asterism::data
