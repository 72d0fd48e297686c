#include "modalities/image.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace asterism::modalities {
namespace {

ImageBlock good_image() {
  ImageBlock b = make_images(2, {{"des-g", 4900, 1200}, {"des-r", 6470, 1500}}, 3, 4, "nanomaggy", 0.262, true);
  b.present[1] = 1;
  for (size_t i = 24; i < 48; ++i) {
    b.flux[i] = float(i);
    b.ivar[i] = 2;
    b.mask[i] = 0;
  }
  return b;
}

std::string complaint(const ImageBlock& b) {
  try {
    check("image_legacy", b);
  } catch (const base::DataError& error) {
    return error.what();
  }
  return "";
}

TEST(Image, EveryPromiseIsChecked) {
  EXPECT_EQ(complaint(good_image()), "");
  ImageBlock b = good_image();
  b.flux[30] = NAN;
  EXPECT_NE(complaint(b).find("row 1, band des-g, pixel (1, 2)"), std::string::npos) << complaint(b);
  b = good_image();
  b.mask[40] = 1;  // ivar still 2
  EXPECT_NE(complaint(b).find("band des-r"), std::string::npos) << complaint(b);
  b = good_image();
  b.ivar[40] = -1;
  EXPECT_NE(complaint(b), "");
  b = good_image();
  b.flux[0] = 1;  // of an absent image
  EXPECT_NE(complaint(b), "");
  b = good_image();
  b.flux.pop_back();
  EXPECT_NE(complaint(b).find("`flux` holds 47 values"), std::string::npos) << complaint(b);
  b = good_image();
  b.present[0] = 2;
  EXPECT_NE(complaint(b), "");
  b = good_image();
  b.pixel_scale_arcsec = NAN;
  EXPECT_NE(complaint(b), "");
  b = good_image();
  b.psf_fwhm_arcsec[3] = -1;
  EXPECT_NE(complaint(b), "");
  b = good_image();
  b.bands[0].wavelength_angstrom = INFINITY;
  EXPECT_NE(complaint(b), "");
}

TEST(Image, OnlyLikeIsJoinedToLike) {
  const ImageBlock a = good_image();
  ImageBlock b = good_image();
  b.pixel_scale_arcsec = 0.396;
  EXPECT_THROW(concatenate(std::vector<const ImageBlock*>{&a, &b}), base::DataError);
  b = good_image();
  b.bands[1].name = "des-i";
  EXPECT_THROW(concatenate(std::vector<const ImageBlock*>{&a, &b}), base::DataError);
  b = good_image();
  b.unit = "counts";
  EXPECT_THROW(concatenate(std::vector<const ImageBlock*>{&a, &b}), base::DataError);
  b = make_images(1, a.bands, 4, 3, "nanomaggy", 0.262, true);
  EXPECT_THROW(concatenate(std::vector<const ImageBlock*>{&a, &b}), base::DataError);
}

TEST(Image, BinnedPixelsAddUp) {
  ImageBlock b = make_images(1, {{"des-g", 4900, 1200}}, 4, 5, "nanomaggy", 0.2, true);
  b.present[0] = 1;
  for (size_t i = 0; i < 20; ++i) b.flux[i] = float(i), b.ivar[i] = 4, b.mask[i] = 0;
  b.mask[18] = 1, b.ivar[18] = 0, b.flux[18] = 0;
  const auto out = binned(b, 2);
  check("binned", Block(out));
  EXPECT_EQ(out.height, 2);
  EXPECT_EQ(out.width, 2);
  EXPECT_EQ(out.flux[0], 0 + 1 + 5 + 6);
  EXPECT_EQ(out.ivar[0], 1);
  EXPECT_EQ(out.mask[3], 1);
  EXPECT_DOUBLE_EQ(out.pixel_scale_arcsec, 0.4);
  EXPECT_THROW(binned(b, 0), base::UserError);
  EXPECT_THROW(binned(b, 5), base::UserError);
}

TEST(Image, CutOutPixelsAreThoseOfThePlace) {
  const auto b = good_image();
  const auto out = cut_images(b, 1, 2, 2, 2);
  check("cut", Block(out));
  EXPECT_EQ(out.height, 2);
  EXPECT_EQ(out.width, 2);
  EXPECT_EQ(out.present, b.present);
  EXPECT_EQ(out.bands, b.bands);
  EXPECT_EQ(out.pixel_scale_arcsec, b.pixel_scale_arcsec);
  // image 1, band 1: 24 + 12 numbers before it, row 1, column 2
  EXPECT_EQ(out.flux[8 + 4], b.flux[36 + 4 + 2]);
  EXPECT_EQ(out.flux[8 + 7], b.flux[36 + 8 + 3]);
  EXPECT_EQ(out.mask[0], 1) << "image 0 is absent";
  EXPECT_EQ(cut_images(b, 0, 0, 3, 4).flux, b.flux);
  EXPECT_ANY_THROW(cut_images(b, 2, 0, 2, 4));
  EXPECT_ANY_THROW(cut_images(b, 0, -1, 2, 2));
}

}  // namespace
}  // namespace asterism::modalities
