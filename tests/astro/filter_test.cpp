#include "astro/filter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "astro/wavelength.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "golden.h"

namespace asterism::astro {
namespace {

TEST(Filter, EffectiveWavelengthsAndFluxesOfSpeclite) {
  const auto wave = linear_grid(2500, 5, 15500);
  std::vector<double> flux(wave.size());
  for (size_t i = 0; i < wave.size(); ++i)
    flux[i] =
        1e-17 * (1 + 0.3 * std::sin(wave[i] / 400)) * std::pow(wave[i] / 5000, -1.3) * (wave[i] > 4100 ? 1.6 : 1.0);
  for (const auto& row : golden_rows("filter")) {
    const Filter& f = filter(row[0]);
    EXPECT_NEAR(f.effective_wavelength() / std::stod(row[1]), 1, 3e-4) << row[0];
    EXPECT_NEAR(f.nanomaggies(wave, flux) / std::stod(row[2]), 1, 1e-3) << row[0];
    EXPECT_NEAR(f.pivot_wavelength() / f.effective_wavelength(), 1, 0.04) << row[0];
  }
}

TEST(Filter, SourceOfConstantAbMagnitude) {
  const auto wave = linear_grid(3000, 2, 6000);
  std::vector<double> flux(wave.size());
  for (size_t i = 0; i < wave.size(); ++i) flux[i] = ab_flux_density(wave[i]) * 1e-9;
  for (const char* name : {"decam2014-g", "decam2014-z", "sdss2010-r"})
    EXPECT_NEAR(filter(name).nanomaggies(wave, flux), 1, 1e-5) << name;
}

TEST(Filter, BoxFilter) {
  const Filter box("box", {4999.999, 5000, 6000, 6000.001}, {0, 0.5, 0.5, 0});
  EXPECT_NEAR(box.full_width_half_maximum(), 1000, 0.01);
  EXPECT_EQ(box.at(5500), 0.5);
  EXPECT_EQ(box.at(4000), 0);
  EXPECT_EQ(box.at(7000), 0);
  // f = 1 over the box: int lambda / int f_AB lambda
  const std::vector<double> wave{4000, 7000}, flux{1, 1};
  const double expected = 0.5 * (6000.0 * 6000 - 5000.0 * 5000) / (ab_flux_density(1) * std::log(1.2)) * 1e9;
  EXPECT_NEAR(box.nanomaggies(wave, flux) / expected, 1, 1e-5);
}

TEST(Filter, HostileTables) {
  EXPECT_THROW(filter("decam2014-q"), base::UserError);
  EXPECT_THROW(filter("../filters/decam2014-g"), base::UserError);
  EXPECT_THROW(Filter("f", {1, 1}, {1, 1}), base::DataError);
  EXPECT_THROW(Filter("f", {1, 2}, {0, 0}), base::DataError);
  EXPECT_THROW(Filter("f", {1, 2}, {1, -1}), base::DataError);
  EXPECT_THROW(Filter("f", {1, 2}, {1}), base::DataError);
  const base::TemporaryFolder folder;
  const char* const bad[] = {"", "# - {name: wavelength, unit: nm}\nwavelength response\n1 x\n2 1\n",
                             "# - {name: wavelength, unit: parsec}\nwavelength response\n1 1\n2 1\n",
                             "# - {name: wavelength, unit: nm}\nwave response\n1 1\n2 1\n",
                             "# - {name: wavelength, unit: nm}\nwavelength response\n1 1 1\n2 1\n"};
  for (const char* text : bad) {
    std::ofstream(folder / "f.ecsv") << text;
    EXPECT_THROW(read_filter(folder / "f.ecsv"), base::DataError) << text;
  }
  EXPECT_THROW(read_filter(folder / "absent.ecsv"), base::DataError);
  std::ofstream(folder / "f.ecsv") << "# - {name: wavelength, unit: nm}\nwavelength response\n500 1\n600 1\n";
  EXPECT_EQ(read_filter(folder / "f.ecsv").wavelength_angstrom()[0], 5000);
}

}  // namespace
}  // namespace asterism::astro
