#include "data/surveys/mapped_spectrum.h"

#include <gtest/gtest.h>

#include <cmath>

#include "astro/wavelength.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/surveys/boss.h"
#include "io/fits_writer.h"
#include "modalities/spectrum.h"
#include "tests/base/refusal.h"
#include "tests/data/sample_batch.h"
#include "tests/data/surveys/survey_rows.h"

namespace asterism::data {
namespace {

class MappedSpectra : public testing::Test {
 protected:
  MappedSpectra() {
    settings_.file = "{id}.csv";
    settings_.wavelength = "wave";
    settings_.flux = "flux";
  }
  std::optional<modalities::SpectrumBlock> read(const std::string& id) {
    SpectrumReader reader("spectrum_mine", settings_, folder_.path());
    auto out = reader.read([&](const std::string&) { return id; }, folder_.path());
    if (out) modalities::check("spectrum_mine", *out);
    return out;
  }
  std::string refusal(const std::string& id) {
    return test::complaint([&] { read(id); });
  }
  void write(const std::string& name, const std::string& text) { base::write_text(folder_ / name, text); }
  MappedSpectrum settings_;
  base::TemporaryFolder folder_;
};

TEST_F(MappedSpectra, FluxesErrorsAndFlags) {
  write("7.csv", "wave,flux,err,bad\n5000,1.5,0.5,0\n5001,2,0,0\n5002,,0.5,0\n5003,4,0.5,1\n5004,5,0.25,2\n");
  settings_.error = "err";
  settings_.mask = "bad";
  settings_.bad_bits = {0};
  settings_.unit = "1e-16 erg/s/cm^2/Angstrom";
  settings_.resolving_power = 2000;
  const auto block = read("7");
  EXPECT_EQ(block->unit, "1e-17 erg/s/cm^2/Angstrom");
  EXPECT_EQ(block->flux[0], 15);
  EXPECT_NEAR(block->ivar[0], 0.04, 1e-6);
  EXPECT_EQ(block->mask, (base::AlignedVector<uint8_t>{0, 1, 1, 1, 0}));  // error of 0, no flux, flagged
  EXPECT_NEAR(block->lsf_sigma_angstrom[0], 5000 / 2000.0 / 2.354820, 1e-5);
}

TEST_F(MappedSpectra, WavelengthsInAirBackwardsAndInLogarithms) {
  write("a.csv", "wave,flux\n600,1\n500,2\n400,3\n");
  settings_.wavelength_unit = "nm";
  settings_.medium = "air";
  const auto block = read("a");
  EXPECT_NEAR(block->wavelength_angstrom[0], astro::vacuum_of_air(4000), 1e-3);
  EXPECT_EQ(block->flux[0], 3);
  EXPECT_EQ(block->unit, "counts");
  EXPECT_FALSE(read("a")->ivar[0] != 1);
  write("b.csv", "wave,flux\n3.6,1\n3.7,2\n");
  settings_.wavelength_unit = "";
  settings_.medium = "vacuum";
  settings_.log10_wavelength = true;
  EXPECT_NEAR(read("b")->wavelength_angstrom[1], std::pow(10, 3.7), 1e-3);
  write("c.csv", "wave,flux\n3.6,1\n3.6,2\n");
  EXPECT_NE(refusal("c").find("c.csv, pixel 1: wavelength"), std::string::npos) << refusal("c");
}

// Jansky per hertz: f_lambda = f_nu c / lambda^2.
TEST_F(MappedSpectra, DensitiesOfFrequency) {
  write("a.csv", "wave,flux,err\n10000,1,0.1\n20000,1,0.1\n");
  settings_.unit = "uJy";
  settings_.error = "err";
  const auto block = read("a");
  EXPECT_EQ(block->unit, "1e-17 erg/s/cm^2/Angstrom");
  const double expected = 1e-29 * 2.99792458e18 / 1e8 / 1e-17;
  EXPECT_NEAR(block->flux[0] / expected, 1, 1e-6);
  EXPECT_NEAR(block->flux[1] / expected, 0.25, 1e-6);
  EXPECT_NEAR(block->flux[1] * std::sqrt(block->ivar[1]), 10, 1e-4);
  settings_.unit = "K";
  EXPECT_EQ(read("a")->unit, "K");
  settings_.to = "1e-17 erg/s/cm^2/Angstrom";
  EXPECT_NE(refusal("a").find("fluxes in 'K', which are no"), std::string::npos);
}

TEST_F(MappedSpectra, LinesOfAnImage) {
  io::FitsWriter writer;
  writer.card("CRVAL1", 5000.0).card("CDELT1", 2.0).card("CRPIX1", 1.0).card("CUNIT1", "Angstrom");
  writer.image("FLUX", {2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6});
  writer.image("IVAR", {2, 3}, std::vector<float>{1, 1, 1, 2, 2, 2});
  writer.write(folder_ / "all.fits");
  settings_ = {};
  settings_.file = "all.fits[FLUX]";
  settings_.row = "{row}";
  settings_.ivar = "IVAR";
  const auto block = read("1");
  EXPECT_EQ(block->flux, (base::AlignedVector<float>{4, 5, 6}));
  EXPECT_EQ(block->ivar[0], 2);
  EXPECT_EQ(block->wavelength_angstrom[2], 5004);
  EXPECT_NE(refusal("2").find("line 2 of 2"), std::string::npos);
  EXPECT_NE(refusal("x").find("row 'x' is no number"), std::string::npos);
}

TEST_F(MappedSpectra, FilesThatAreNotThere) {
  EXPECT_NE(refusal("7").find("7.csv is missing"), std::string::npos);
  settings_.optional = true;
  EXPECT_FALSE(read("7"));
  EXPECT_FALSE(read(""));  // no file is named
}

TEST_F(MappedSpectra, SettingsThatCannotWork) {
  const MappedSpectrum good = settings_;
  const auto refused = [&](auto&& change) {
    settings_ = good;
    change(settings_);
    EXPECT_THROW(SpectrumReader("spectrum_mine", settings_, folder_.path()), base::UserError);
  };
  refused([](MappedSpectrum& s) { s.ivar = "a", s.error = "b"; });
  refused([](MappedSpectrum& s) { s.wavelength = ""; });
  refused([](MappedSpectrum& s) { s.bad_bits = {1}; });
  refused([](MappedSpectrum& s) { s.lsf = "l", s.resolving_power = 10; });
  refused([](MappedSpectrum& s) { s.lsf = "l", s.log10_wavelength = true; });
  refused([](MappedSpectrum& s) { s.file = "[1]"; });
  EXPECT_THROW(SpectrumReader("image_legacy", good, folder_.path()), base::UserError);
}

// Real spectra come out as the importer of their survey has them.
TEST_F(MappedSpectra, BossAsItsImporterReadsIt) {
  const auto folder = shared_folder() / "realdata" / "boss";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no " << folder << ": set ASTERISM_SHARED";
  std::filesystem::path file;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.path().filename().string().starts_with("spec-") && (file.empty() || entry.path() < file))
      file = entry.path();
  const auto batch = all_rows(open_boss, {file});
  const auto& theirs = std::get<modalities::SpectrumBlock>(batch.blocks.at("spectrum_sdss"));
  settings_.folder = file.parent_path();
  settings_.file = "{id}[1]";
  settings_.wavelength = "loglam";
  settings_.log10_wavelength = true;
  settings_.flux = "flux";
  settings_.ivar = "ivar";
  settings_.mask = "and_mask";
  settings_.unit = theirs.unit;
  const auto ours = read(file.filename().string());
  EXPECT_EQ(ours->wavelength_angstrom, theirs.wavelength_angstrom);
  EXPECT_EQ(ours->flux, theirs.flux);
  EXPECT_EQ(ours->ivar, theirs.ivar);
  EXPECT_EQ(ours->mask, theirs.mask);
}

}  // namespace
}  // namespace asterism::data
