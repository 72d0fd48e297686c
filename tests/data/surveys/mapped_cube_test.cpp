#include "data/surveys/mapped_cube.h"

#include <gtest/gtest.h>

#include <cmath>

#include "astro/wavelength.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/surveys/muse.h"
#include "io/fits_writer.h"
#include "modalities/cube.h"
#include "tests/base/refusal.h"
#include "tests/data/sample_batch.h"
#include "tests/data/surveys/survey_rows.h"

namespace asterism::data {
namespace {

constexpr double kFieldRa = 150.0, kFieldDec = 2.0, kSpaxel = 0.5;

// Planes x height x width, each number its place; wavelengths 5000, 5002, ... Angstrom by the header.
void add_cube(io::FitsWriter& writer, const std::string& name, int64_t planes, int64_t height, int64_t width,
              const std::string& unit = "1e-17 erg/s/cm^2/Angstrom", const std::string& type = "WAVE",
              double step = 2) {
  writer.card("CTYPE1", "RA---TAN").card("CTYPE2", "DEC--TAN").card("CTYPE3", type).card("CUNIT3", "Angstrom");
  writer.card("CRPIX1", double(width / 2 + 1)).card("CRPIX2", double(height / 2 + 1)).card("CRPIX3", 1.0);
  writer.card("CRVAL1", kFieldRa).card("CRVAL2", kFieldDec).card("CRVAL3", 5000.0);
  writer.card("CD1_1", -kSpaxel / 3600).card("CD1_2", 0.0).card("CD2_1", 0.0).card("CD2_2", kSpaxel / 3600);
  writer.card("CD3_3", step).card("CD1_3", 0.0).card("CD2_3", 0.0).card("CD3_1", 0.0).card("CD3_2", 0.0);
  std::vector<float> values(size_t(planes * height * width));
  for (size_t i = 0; i < values.size(); ++i) values[i] = float(i);
  writer.image(name, {planes, height, width}, values, unit);
}

class MappedCubes : public testing::Test {
 protected:
  MappedCubes() { settings_.file = "{id}.fits"; }
  std::optional<modalities::CubeBlock> read(const std::string& id, double ra = kFieldRa, double dec = kFieldDec) {
    CubeReader reader("cube_mine", settings_, folder_.path());
    return read(reader, id, ra, dec);
  }
  std::optional<modalities::CubeBlock> read(CubeReader& reader, const std::string& id, double ra = kFieldRa,
                                            double dec = kFieldDec) {
    auto out = reader.read([&](const std::string&) { return id; }, {"mine", id, true, ra, dec}, folder_.path());
    if (out) modalities::check("cube_mine", *out);
    return out;
  }
  std::string refusal(const std::string& id, double ra = kFieldRa) {
    return test::complaint([&] { read(id, ra); });
  }
  MappedCube settings_;
  base::TemporaryFolder folder_;
};

TEST_F(MappedCubes, WholeFilesWithVariancesAndFlags) {
  io::FitsWriter writer;
  add_cube(writer, "DATA", 2, 3, 4, "1e-16 erg/s/cm^2/Angstrom");
  std::vector<float> variance(24, 4);
  variance[3] = 0;
  writer.image("STAT", {2, 3, 4}, variance);
  std::vector<int32_t> flags(24, 0);
  flags[5] = 2;
  flags[6] = 4;
  writer.image("DQ", {2, 3, 4}, flags);
  writer.write(folder_ / "7.fits");
  settings_.file = "{id}.fits[DATA]";
  settings_.variance = "[STAT]";
  settings_.mask = "[DQ]";
  settings_.bad_bits = {1};
  settings_.resolving_power = 2000;
  const auto cube = read("7");
  ASSERT_TRUE(cube);
  EXPECT_EQ(cube->unit, "1e-17 erg/s/cm^2/Angstrom");
  EXPECT_EQ(cube->length, 2);
  EXPECT_EQ(cube->height, 3);
  EXPECT_EQ(cube->width, 4);
  EXPECT_NEAR(cube->pixel_scale_arcsec, kSpaxel, 1e-9);
  EXPECT_EQ(cube->wavelength_angstrom, (base::AlignedVector<float>{5000, 5002}));
  EXPECT_NEAR(cube->lsf_sigma_angstrom[1], 5002 / 2000.0 / 2.354820, 1e-5);
  for (size_t i = 0; i < 24; ++i) {
    EXPECT_NEAR(cube->flux[i], 10.0 * double(i), 1e-4);
    EXPECT_EQ(cube->mask[i], i == 3 || i == 5) << i;  // no variance; bit 1
    EXPECT_NEAR(cube->ivar[i], i == 3 || i == 5 ? 0 : 1 / 400.0, 1e-8);
  }
}

TEST_F(MappedCubes, ACutLiesAboutTheObjectInEveryPlane) {
  io::FitsWriter writer;
  add_cube(writer, "", 3, 21, 31);
  writer.write(folder_ / "field.fits");
  settings_.size = 3;
  CubeReader reader("cube_mine", settings_, folder_.path());
  // 4 spaxels to the west are 4 columns up, 2 to the north 2 rows up.
  const double east = kSpaxel / 3600 / std::cos(kFieldDec * M_PI / 180);
  const auto cube = read(reader, "field", kFieldRa - 4 * east, kFieldDec + 2 * kSpaxel / 3600);
  for (size_t k = 0; k < 3; ++k) {
    for (size_t y = 0; y < 3; ++y) {
      for (size_t x = 0; x < 3; ++x) EXPECT_EQ(cube->flux[(k * 3 + y) * 3 + x], float((k * 21 + 11 + y) * 31 + 18 + x));
    }
  }
  const auto corner = read(reader, "field", kFieldRa + 15 * east, kFieldDec - 10 * kSpaxel / 3600);
  for (size_t k = 0; k < 3; ++k) {
    EXPECT_EQ(corner->mask[k * 9], 1);  // beyond the edge
    EXPECT_EQ(corner->mask[k * 9 + 4], 0);
    EXPECT_EQ(corner->flux[k * 9 + 4], float(k * 21 * 31));
    EXPECT_EQ(corner->flux[k * 9 + 8], float((k * 21 + 1) * 31 + 1));
  }
  EXPECT_NE(refusal("field", kFieldRa + 0.1).find("not on it"), std::string::npos) << refusal("field", kFieldRa + 0.1);
}

TEST_F(MappedCubes, WavelengthsInAirOrInAListOrBackwards) {
  io::FitsWriter air, falling, list;
  add_cube(air, "", 2, 1, 2, "Jy", "AWAV");
  air.write(folder_ / "air.fits");
  add_cube(falling, "", 2, 1, 2, "", "WAVE", -2);
  falling.write(folder_ / "falling.fits");
  add_cube(list, "", 2, 1, 2);
  list.image("WAVE", {2}, std::vector<double>{400, 500}, "nm");
  list.image("LSF", {2}, std::vector<float>{0.1F, 0.2F});
  list.image("LSF3", {2, 1, 2}, std::vector<float>{0.1F, 0.3F, 0.4F, 0});
  list.write(folder_ / "list.fits");
  const auto in_air = read("air");
  EXPECT_NEAR(in_air->wavelength_angstrom[0], astro::vacuum_of_air(5000), 1e-3);
  EXPECT_EQ(in_air->unit, "1e-17 erg/s/cm^2/Angstrom");
  const double w = in_air->wavelength_angstrom[1];
  EXPECT_NEAR(in_air->flux[3] / (3e-23 * 2.99792458e18 / (w * w) / 1e-17), 1, 1e-5);
  const auto turned = read("falling");
  EXPECT_EQ(turned->wavelength_angstrom, (base::AlignedVector<float>{4998, 5000}));
  EXPECT_EQ(turned->flux, (base::AlignedVector<float>{2, 3, 0, 1}));
  EXPECT_EQ(turned->unit, "counts");
  settings_.wavelength = "[WAVE]";
  settings_.lsf = "[LSF]";
  const auto told = read("list");
  EXPECT_EQ(told->wavelength_angstrom, (base::AlignedVector<float>{4000, 5000}));
  EXPECT_NEAR(told->lsf_sigma_angstrom[1], 2, 1e-6);
  settings_.lsf = "[LSF3]";  // the median of the spaxels that know it
  EXPECT_NEAR(read("list")->lsf_sigma_angstrom[1], 4, 1e-6);
  settings_.lsf = "";
  settings_.wavelength = "[LSF3]";
  EXPECT_NE(refusal("list").find("HDU LSF3: 4 wavelengths for 2 planes"), std::string::npos) << refusal("list");
}

TEST_F(MappedCubes, CubesThatAreNotLikeTheOthersSayHow) {
  io::FitsWriter one, longer, wider, flat, other;
  add_cube(one, "", 2, 3, 3);
  one.write(folder_ / "one.fits");
  add_cube(longer, "", 3, 3, 3);
  longer.write(folder_ / "longer.fits");
  add_cube(wider, "", 2, 3, 5);
  wider.write(folder_ / "wider.fits");
  flat.image("", {3, 3}, std::vector<float>(9, 1));
  flat.write(folder_ / "flat.fits");
  add_cube(other, "", 2, 3, 3, "K");
  other.write(folder_ / "other.fits");
  CubeReader reader("cube_mine", settings_, folder_.path());
  EXPECT_TRUE(read(reader, "one"));
  const auto refused = [&](const std::string& id) { return test::complaint([&] { read(reader, id); }); };
  EXPECT_NE(refused("longer").find("longer.fits, HDU 0: 3 planes; the other cubes have 2"), std::string::npos);
  EXPECT_NE(refused("wider").find("3 x 5 spaxels; the others have 3 x 3: `size` cuts them alike"), std::string::npos);
  EXPECT_NE(refused("other").find("fluxes in 'K'; the others are in"), std::string::npos) << refused("other");
  EXPECT_NE(refused("flat").find("flat.fits: no image of 3 axes"), std::string::npos) << refused("flat");
  EXPECT_NE(refused("gone").find("gone.fits"), std::string::npos);
  settings_.variance = "[STAT]";
  EXPECT_NE(refusal("one").find("STAT"), std::string::npos);
  settings_.optional = true;
  EXPECT_FALSE(read("gone"));
}

TEST_F(MappedCubes, SettingsThatCannotWork) {
  const MappedCube good = settings_;
  const auto refused = [&](const auto& change) {
    settings_ = good;
    change(settings_);
    EXPECT_THROW(CubeReader("cube_mine", settings_, folder_.path()), base::UserError);
  };
  refused([](MappedCube& s) { s.ivar = "[A]", s.error = "[B]"; });
  refused([](MappedCube& s) { s.bad_bits = {1}; });
  refused([](MappedCube& s) { s.lsf = "[L]", s.resolving_power = 10; });
  refused([](MappedCube& s) { s.lsf = "[L]", s.log10_wavelength = true; });
  refused([](MappedCube& s) { s.size = 4, s.scale = 1; });
  refused([](MappedCube& s) { s.file = "[1]"; });
  EXPECT_THROW(CubeReader("image_legacy", good, folder_.path()), base::UserError);
}

// The mapping of a MUSE cube gives what its importer gives, number for number; a cut is that part of it.
TEST_F(MappedCubes, AgreesWithTheImporterOfMuse) {
  const auto path = shared_folder() / "realdata" / "muse_udf";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no " << path << ": set ASTERISM_SHARED";
  const auto batch = all_rows(open_muse, {path / "subcub_mosaic.fits"});
  const auto& expected = std::get<modalities::CubeBlock>(batch.blocks.at("cube_muse"));
  settings_.file = "{id}.fits[DATA]";
  settings_.folder = path.string();
  settings_.variance = "[STAT]";
  const auto cube = read("subcub_mosaic", batch.objects[0].ra_deg, batch.objects[0].dec_deg);
  EXPECT_EQ(cube->unit, expected.unit);
  EXPECT_NEAR(cube->pixel_scale_arcsec, expected.pixel_scale_arcsec, 1e-3);
  EXPECT_EQ(cube->wavelength_angstrom, expected.wavelength_angstrom);
  EXPECT_EQ(cube->mask, expected.mask);
  for (size_t i = 0; i < expected.flux.size(); ++i) {
    EXPECT_FLOAT_EQ(cube->flux[i], expected.flux[i]);
    EXPECT_FLOAT_EQ(cube->ivar[i], expected.ivar[i]);
  }
  settings_.size = 10;
  const auto cut = read("subcub_mosaic", batch.objects[0].ra_deg, batch.objects[0].dec_deg);
  for (size_t k : {size_t{0}, size_t{499}}) {
    for (size_t i = 0; i < 100; ++i)
      EXPECT_EQ(cut->flux[k * 100 + i], cube->flux[(k * 30 + 10 + i / 10) * 30 + 10 + i % 10]);
  }
}

}  // namespace
}  // namespace asterism::data
