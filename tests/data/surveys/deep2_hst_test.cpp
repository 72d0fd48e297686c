#include "data/surveys/deep2_hst.h"

#include "astro/wavelength.h"
#include "sky/camera.h"
#include "tests/data/sample_batch.h"
#include "tests/data/surveys/survey_rows.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

fs::path deep2_folder() { return shared_folder() / "realdata" / "deep2_hst"; }

TEST(Deep2Hst, GivesWhatTheFilesHold) {
  if (!fs::exists(deep2_folder())) GTEST_SKIP() << "no " << deep2_folder() << ": set ASTERISM_SHARED";
  const auto batch = all_rows(open_deep2_hst, {deep2_folder()});
  ASSERT_EQ(batch.size(), 20);
  int grades[3] = {}, good = 0;
  for (size_t i = 0; i < 20; ++i) {
    ++grades[int(scalar(batch, "redshift_grade").value[i])];
    good += scalar(batch, "redshift_ok").value[i] == 1;
  }
  EXPECT_EQ(grades[0], 16);
  EXPECT_EQ(grades[1], 1);
  EXPECT_EQ(grades[2], 3);
  EXPECT_EQ(good, 16);
  const size_t row = row_of(batch, "11051203");
  EXPECT_NEAR(batch.objects[row].ra_deg, 214.3353333, 1e-6);
  EXPECT_DOUBLE_EQ(scalar(batch, "redshift").value[row], 0.2494);
  const auto& images = std::get<modalities::ImageBlock>(batch.blocks.at("image_hst"));
  EXPECT_EQ(images.height, 201);
  EXPECT_EQ(images.bands.size(), 2u);
  EXPECT_DOUBLE_EQ(images.pixel_scale_arcsec, 0.03);
  EXPECT_FALSE(images.has_ivar);
  const auto mock = sky::empty_images(sky::hst_imaging(), 1);  // models of mock images read these
  EXPECT_EQ(images.bands, mock.bands);
  EXPECT_EQ(images.unit, mock.unit);
}

// The night sky tells which wavelengths a file has. In the files, the OH lines of SKYSPEC lie where they lie in air;
// the imported grid must therefore be 1.9 to 2.5 A longer.
TEST(Deep2Hst, WavelengthsAreVacuum) {
  if (!fs::exists(deep2_folder())) GTEST_SKIP() << "no " << deep2_folder() << ": set ASTERISM_SHARED";
  const auto file = io::FitsFile::open(deep2_folder() / "spec1D" / "spec1d.1153.151.12004808.fits");
  const auto hdu = file.hdu("Horne-R");
  const auto wavelength = hdu.column<double>("LAMBDA");
  const auto sky = hdu.column<float>("SKYSPEC");
  size_t peak = 0;
  float highest = 0;
  for (size_t i = 0; i < sky.values.size(); ++i) {
    if (std::abs(wavelength.values[i] - 7794.7) < 2 && sky.values[i] > highest) highest = sky.values[i], peak = i;
  }
  EXPECT_NEAR(wavelength.values[peak], 7794.112, 0.4);  // OH 9-4 Q1, in air (Osterbrock et al. 1996)
  const auto batch = all_rows(open_deep2_hst, {deep2_folder()});
  const auto& spectra = std::get<modalities::SpectrumBlock>(batch.blocks.at("spectrum_deimos"));
  const float* grid = spectra.wavelength_angstrom.data() + int64_t(row_of(batch, "12004808")) * spectra.length;
  EXPECT_TRUE(std::any_of(grid, grid + spectra.length, [&](float w) {
    return std::abs(double(w) - astro::vacuum_of_air(wavelength.values[peak])) < 1e-3;
  }));
  EXPECT_NEAR(grid[0], astro::vacuum_of_air(6373.077), 1e-3);
}

// One damaged file costs its row; the others come.
TEST(Deep2Hst, DamagedFilesAreBadRows) {
  if (!fs::exists(deep2_folder())) GTEST_SKIP() << "no " << deep2_folder() << ": set ASTERISM_SHARED";
  const base::TemporaryFolder work;
  const auto copy = [&](const std::string& name) {
    fs::create_directories((work.path() / name).parent_path());
    fs::copy(deep2_folder() / name, work.path() / name);
  };
  for (const char* id : {"11051203", "12004808"}) {
    copy(std::string("cutouts/") + id + ".acs.v_6ac_.fits");
    copy(std::string("cutouts/") + id + ".acs.i_6ac_.fits");
  }
  copy("spec1D/spec1d.1246.011.11051203.fits");
  copy("spec1D/spec1d.1153.151.12004808.fits");
  std::string table = bytes_of(deep2_folder() / "pairs.csv");
  size_t end = 0;
  for (int line = 0; line < 3; ++line) end = table.find('\n', end) + 1;
  table.resize(end);
  write_bytes(work / "pairs.csv", table);
  EXPECT_EQ(counts(open_deep2_hst, {work.path()}).rows, 2);
  const fs::path spectrum = work / "spec1D" / "spec1d.1153.151.12004808.fits";
  const std::string bytes = bytes_of(spectrum);
  for (const size_t length : {size_t{0}, size_t{2880}, bytes.size() / 2}) {
    write_bytes(spectrum, bytes.substr(0, length));
    const Counts found = counts(open_deep2_hst, {work.path()});
    EXPECT_EQ(found.rows, 1);
    EXPECT_EQ(found.bad, 1);
    EXPECT_NE(found.first.find("spec1d.1153.151.12004808.fits"), std::string::npos) << found.first;
  }
  // A table that leads out of its folder, a position that is none, an unknown grade.
  for (const auto& [from, to] : std::map<std::string, std::string>{
           {"spec1D/spec1d.1153", "../spec1d.1153"}, {"52.4104", "152.4104"}, {",C,", ",D,"}, {"214.219", "nan"}}) {
    std::string changed = table;
    const size_t at = changed.rfind(from);
    ASSERT_NE(at, std::string::npos) << from;
    write_bytes(work / "pairs.csv", changed.replace(at, from.size(), to));
    EXPECT_EQ(counts(open_deep2_hst, {work.path()}).bad, 1) << to;
  }
}

}  // namespace
}  // namespace asterism::data
