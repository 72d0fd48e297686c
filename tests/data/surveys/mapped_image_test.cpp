#include "data/surveys/mapped_image.h"

#include <gtest/gtest.h>

#include <cmath>

#include "astro/photometry.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/surveys/deep2_hst.h"
#include "io/fits_writer.h"
#include "modalities/image.h"
#include "tests/base/refusal.h"
#include "tests/data/sample_batch.h"
#include "tests/data/surveys/survey_rows.h"

namespace asterism::data {
namespace {

constexpr double kRa = 150.0, kDec = 2.0, kScale = 0.5;

// Height x width pixels whose value is their place; the reference pixel in the middle of a pixel, at (kRa, kDec).
void add_image(io::FitsWriter& writer, const std::string& name, int64_t height, int64_t width, float more = 0,
               const std::string& unit = "", const std::string& code = "TAN", double x = 0, double y = 0) {
  writer.card("CTYPE1", "RA---" + code).card("CTYPE2", "DEC--" + code);
  writer.card("CRPIX1", x != 0 ? x : double(width / 2 + 1)).card("CRPIX2", y != 0 ? y : double(height / 2 + 1));
  writer.card("CRVAL1", kRa).card("CRVAL2", kDec);
  writer.card("CD1_1", -kScale / 3600).card("CD1_2", 0.0).card("CD2_1", 0.0).card("CD2_2", kScale / 3600);
  std::vector<float> values(size_t(height * width));
  for (size_t i = 0; i < values.size(); ++i) values[i] = float(i) + more;
  writer.image(name, {height, width}, values, unit);
}

class MappedImages : public testing::Test {
 protected:
  MappedImage settings_ = [] {
    MappedImage out;
    out.file = "{id}.fits";
    out.bands["mine-g"].wavelength = 4800;
    return out;
  }();
  std::optional<modalities::ImageBlock> read(const std::string& id, double ra = kRa, double dec = kDec) {
    ImageReader reader("image_mine", settings_, folder_.path());
    return read(reader, id, ra, dec);
  }
  std::optional<modalities::ImageBlock> read(ImageReader& reader, const std::string& id, double ra = kRa,
                                             double dec = kDec) {
    auto out = reader.read([&](const std::string&) { return id; }, {"mine", id, true, ra, dec}, folder_.path());
    if (out) modalities::check("image_mine", *out);
    return out;
  }
  std::string refusal(const std::string& id, double ra = kRa) {
    return test::complaint([&] { read(id, ra); });
  }
  base::TemporaryFolder folder_;
};

TEST_F(MappedImages, WholeFilesWithWeightsAndFlags) {
  io::FitsWriter writer;
  add_image(writer, "SCI", 4, 6);
  std::vector<float> variance(24, 4), flat(24, 0);
  variance[3] = 0;
  writer.image("VAR", {4, 6}, variance);
  std::vector<int32_t> flags(24, 0);
  flags[5] = 2;
  flags[6] = 4;
  writer.image("DQ", {4, 6}, flags);
  writer.write(folder_ / "7.fits");
  settings_.file = "{id}.fits[SCI]";
  settings_.variance = "[VAR]";
  settings_.mask = "[DQ]";
  settings_.bad_bits = {1};
  settings_.zero_point = 25;
  settings_.psf_fwhm = 1.25;
  const auto block = read("7");
  ASSERT_TRUE(block);
  const double factor = astro::nanomaggy_of_counts(1, 25);
  EXPECT_EQ(block->unit, "nanomaggy");
  EXPECT_NEAR(block->pixel_scale_arcsec, kScale, 1e-9);
  EXPECT_EQ(block->bands[0].wavelength_angstrom, 4800);
  EXPECT_EQ(block->psf_fwhm_arcsec[0], 1.25f);
  EXPECT_EQ(block->height, 4);
  EXPECT_EQ(block->width, 6);
  EXPECT_NEAR(block->flux[10], 10 * factor, 1e-6);
  EXPECT_NEAR(block->ivar[10], 1 / (4 * factor * factor), 1e-4);
  EXPECT_TRUE(block->has_ivar);
  for (size_t i = 0; i < 24; ++i) EXPECT_EQ(block->mask[i], i == 3 || i == 5) << i;  // no variance; bit 1
}

TEST_F(MappedImages, ACutLiesAboutTheObject) {
  io::FitsWriter writer;
  add_image(writer, "SCI", 101, 201);
  writer.write(folder_ / "tile.fits");
  settings_.size = 5;
  ImageReader reader("image_mine", settings_, folder_.path());
  // 10 pixels to the west are 10 columns up, 20 to the north 20 rows up.
  const auto at =
      read(reader, "tile", kRa - 10 * kScale / 3600 / std::cos(kDec * M_PI / 180), kDec + 20 * kScale / 3600);
  EXPECT_EQ(at->flux[2 * 5 + 2], float((50 + 20) * 201 + 100 + 10));
  const auto corner =
      read(reader, "tile", kRa + 100 * kScale / 3600 / std::cos(kDec * M_PI / 180), kDec - 50 * kScale / 3600);
  EXPECT_EQ(corner->mask[0], 1);  // beyond the edge
  EXPECT_EQ(corner->mask[2 * 5 + 2], 0);
  EXPECT_EQ(corner->flux[2 * 5 + 2], 0);
  EXPECT_EQ(corner->flux[4 * 5 + 4], float(2 * 201 + 2));
  EXPECT_NE(refusal("tile", kRa + 0.1).find("not on it"), std::string::npos) << refusal("tile", kRa + 0.1);
  EXPECT_NE(refusal("tile", kRa + 90).find("tile.fits"), std::string::npos);
}

// Two degrees from the reference of a sine projection, where TAN would be five pixels off.
TEST_F(MappedImages, OtherProjectionsAreCutWhereTheyShould) {
  io::FitsWriter writer;
  add_image(writer, "SCI", 101, 101, 0, "", "SIN", 10001, -9000);
  writer.write(folder_ / "radio.fits");
  settings_.size = 3;
  const auto block = read("radio", 151.385, 3.254);
  EXPECT_EQ(block->flux[4], float(31 * 101 + 45));  // pixel (45.05, 31.28) by astropy.wcs.WCS.all_world2pix
}

TEST_F(MappedImages, UnitsOfTheFileAndOfTheMapping) {
  io::FitsWriter jansky, brightness, nothing, odd;
  add_image(jansky, "", 2, 2, 1, "uJy");
  jansky.write(folder_ / "jansky.fits");
  add_image(brightness, "", 2, 2, 1, "MJy/sr");
  brightness.write(folder_ / "brightness.fits");
  add_image(nothing, "", 2, 2, 1);
  nothing.write(folder_ / "nothing.fits");
  add_image(odd, "", 2, 2, 1, "K");
  odd.write(folder_ / "odd.fits");
  EXPECT_NEAR(read("jansky")->flux[0], astro::nanomaggy_of_ujy(1), 1e-7);
  const double steradian = std::pow(kScale / 3600 * M_PI / 180, 2);
  EXPECT_NEAR(read("brightness")->flux[0] / astro::nanomaggy_of_ujy(1e12 * steradian), 1, 1e-6);
  EXPECT_EQ(read("nothing")->unit, "counts");
  EXPECT_EQ(read("odd")->unit, "K");
  settings_.unit = "nJy";
  EXPECT_NE(refusal("jansky").find("'uJy' (BUNIT), the mapping says 'nJy'"), std::string::npos);
  settings_.unit = "";
  settings_.to = "nanomaggy";
  EXPECT_NE(refusal("odd").find("pixels in 'K', which are no 'nanomaggy'"), std::string::npos);
  ImageReader reader("image_mine", settings_, folder_.path());
  read(reader, "jansky");
  settings_.to = "";
  ImageReader mixed("image_mine", settings_, folder_.path());
  read(mixed, "jansky");
  EXPECT_THROW(read(mixed, "odd"), base::DataError);  // another unit than the first
}

TEST_F(MappedImages, ZeroPointsOfHeadersAndBands) {
  io::FitsWriter writer;
  writer.card("MAGZERO", 25.0).card("SEEING", 0.7);
  add_image(writer, "", 2, 2, 1);
  writer.write(folder_ / "a.fits");
  settings_.zero_point_keyword = "MAGZERO";
  settings_.psf_keyword = "SEEING";
  settings_.bands["mine-r"].zero_point = 22.5;
  settings_.bands["mine-r"].wavelength = 6200;
  const auto block = read("a");
  EXPECT_NEAR(block->flux[0], astro::nanomaggy_of_counts(1, 25), 1e-7);
  EXPECT_NEAR(block->flux[4], 1, 1e-7);
  EXPECT_EQ(block->bands[1].name, "mine-r");
  EXPECT_EQ(block->psf_fwhm_arcsec[0], 0.7f);
  settings_.zero_point_keyword = "NONE";
  EXPECT_NE(refusal("a").find("the header has no NONE"), std::string::npos);
}

TEST_F(MappedImages, PlanesOfOneImage) {
  io::FitsWriter writer;
  std::vector<float> cube(2 * 3 * 3);
  for (size_t i = 0; i < cube.size(); ++i) cube[i] = float(i + 1);
  writer.image("", {1, 2, 3, 3}, cube);
  writer.write(folder_ / "cube.fits");
  settings_.scale = 0.3;  // no world coordinates there
  EXPECT_NE(refusal("cube").find("2 planes: `plane` says which one"), std::string::npos) << refusal("cube");
  settings_.bands["mine-g"].plane = 1;
  EXPECT_EQ(read("cube")->flux[0], 10);
  settings_.bands["mine-g"].plane = 2;
  EXPECT_NE(refusal("cube").find("plane 2 of 2"), std::string::npos);
}

TEST_F(MappedImages, ABandThatIsNotThereIsMasked) {
  io::FitsWriter writer;
  add_image(writer, "", 2, 2, 1);
  writer.write(folder_ / "7_mine-g.fits");
  settings_.file = "{id}_{band}.fits";
  settings_.bands["mine-r"].wavelength = 6200;
  EXPECT_NE(refusal("7").find("7_mine-r.fits is missing"), std::string::npos) << refusal("7");
  settings_.optional = true;
  const auto block = read("7");
  EXPECT_EQ(block->mask, (base::AlignedVector<uint8_t>{0, 0, 0, 0, 1, 1, 1, 1}));
  EXPECT_FALSE(read("8"));  // no band
}

TEST_F(MappedImages, ObjectsThatDifferAreNamed) {
  io::FitsWriter small, large, blank;
  add_image(small, "", 4, 4);
  small.write(folder_ / "small.fits");
  add_image(large, "", 6, 6);
  large.write(folder_ / "large.fits");
  add_image(blank, "", 4, 4, NAN);
  blank.write(folder_ / "blank.fits");
  ImageReader reader("image_mine", settings_, folder_.path());
  read(reader, "small");
  try {
    read(reader, "large");
    FAIL();
  } catch (const base::DataError& error) {
    EXPECT_NE(std::string(error.what()).find("6 x 6 pixels; the others have 4 x 4"), std::string::npos) << error.what();
  }
  EXPECT_NE(refusal("blank").find("not one good pixel"), std::string::npos);
}

// Real cutouts come out as the importer of their survey has them.
TEST_F(MappedImages, GrothStripAsItsImporterReadsIt) {
  const auto folder = shared_folder() / "realdata" / "deep2_hst";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no " << folder << ": set ASTERISM_SHARED";
  const auto batch = all_rows(open_deep2_hst, {folder}, {.max_bad = 1000});
  const auto& theirs = image(batch, "image_hst");
  settings_ = {};
  settings_.folder = folder / "cutouts";
  settings_.bands["acs-v"] = {.wavelength = 5900, .file = "{id}.acs.v_6ac_.fits"};
  settings_.bands["acs-i"] = {.wavelength = 8100, .file = "{id}.acs.i_6ac_.fits"};
  ImageReader reader("image_mine", settings_, folder);
  for (size_t row : {size_t{0}, size_t{7}}) {
    const auto ours = read(reader, batch.objects[row].id);
    const auto one = modalities::select(theirs, {int64_t(row)});
    EXPECT_EQ(ours->unit, one.unit);
    EXPECT_EQ(ours->pixel_scale_arcsec, one.pixel_scale_arcsec);
    EXPECT_EQ(ours->flux, one.flux);
    EXPECT_EQ(ours->mask, one.mask);
  }
}

TEST_F(MappedImages, SettingsThatCannotWork) {
  const MappedImage good = settings_;
  const auto refused = [&](auto&& change) {
    settings_ = good;
    change(settings_);
    EXPECT_THROW(ImageReader("image_mine", settings_, folder_.path()), base::UserError);
  };
  refused([](MappedImage& s) { s.bands.clear(); });
  refused([](MappedImage& s) { s.ivar = "[A]", s.error = "[B]"; });
  refused([](MappedImage& s) { s.file = ""; });
  refused([](MappedImage& s) { s.file = "[SCI]"; });
  refused([](MappedImage& s) { s.zero_point = 25, s.unit = "Jy"; });
  refused([](MappedImage& s) { s.bad_bits = {1}; });
  refused([](MappedImage& s) { s.bands["mine-g"].filter = "hsc2017-g"; });
  EXPECT_THROW(ImageReader("redshift", good, folder_.path()), base::UserError);
}

}  // namespace
}  // namespace asterism::data
