#include "eval/dense/window_pictures.h"

#include <gtest/gtest.h>

#include "modalities/image.h"

namespace asterism::eval {
namespace {

modalities::ImageBlock planes(std::vector<modalities::Band> bands, const std::string& unit) {
  auto out = modalities::make_images(2, std::move(bands), 6, 8, unit, 0.5, false);
  std::fill(out.present.begin(), out.present.end(), uint8_t{1});
  std::fill(out.mask.begin(), out.mask.end(), uint8_t{0});
  std::fill(out.ivar.begin(), out.ivar.end(), 1.0f);
  return out;
}

TEST(WindowPictures, PlanesForTheEyeStayAsTheyAre) {
  auto images = planes({{"red", 0, 0}, {"green", 0, 0}, {"blue", 0, 0}}, "display");
  for (size_t i = 0; i < images.flux.size(); ++i) images.flux[i] = float(i) / float(images.flux.size());
  const auto window = models::window_geometry(images, 1, 2, 4, 4);
  EXPECT_DOUBLE_EQ(window.centre_x, 1.5);
  EXPECT_DOUBLE_EQ(window.centre_y, 1.5);
  EXPECT_DOUBLE_EQ(window.pixel_scale_arcsec, 0.5);
  const auto out = window_pictures(images, window);
  ASSERT_EQ(out.sizes(), (std::vector<int64_t>{2, 4, 4, 3}));
  EXPECT_EQ(out[1][2][3][1].item<float>(), images.flux[((3 + 1) * 6 + 3) * 8 + 5]);
}

TEST(WindowPictures, FluxesAreStretchedWithoutTurning) {
  auto images = planes({{"g", 4800, 0}, {"r", 6400, 0}, {"i", 7600, 0}, {"z", 9200, 0}}, "nanomaggy");
  for (int64_t band = 0; band < 4; ++band)
    for (int64_t k = 0; k < 48; ++k) images.flux[size_t(band * 48 + k)] = k < 8 ? 10.0f : 0.01f * float(k % 3);
  const auto out = window_pictures(images, models::window_geometry(images, 0, 0, 6, 8));
  EXPECT_GT(out[0][0].mean().item<float>(), 3 * out[0][5].mean().item<float>()) << "the bright row stays the first";
  EXPECT_GE(out.min().item<float>(), 0);
  EXPECT_LE(out.max().item<float>(), 1);
  const auto grey = planes({{"g", 4800, 0}}, "nanomaggy");
  const auto one = window_pictures(grey, models::window_geometry(grey, 0, 0, 6, 8));
  EXPECT_EQ(one.sizes(), (std::vector<int64_t>{2, 6, 8, 3})) << "one band is grey";
}

TEST(WindowPictures, AreBroughtToTheSizeThatIsLookedAt) {
  auto images = planes({{"red", 0, 0}, {"green", 0, 0}, {"blue", 0, 0}}, "display");
  std::fill(images.flux.begin(), images.flux.end(), 0.25f);
  auto window = models::window_geometry(images, 1, 2, 4, 4);
  window.out_height = 8, window.out_width = 12;
  const auto out = window_pictures(images, window);
  ASSERT_EQ(out.sizes(), (std::vector<int64_t>{2, 8, 12, 3}));
  EXPECT_NEAR(out[1][7][11][2].item<float>(), 0.25, 1e-5);
  EXPECT_EQ(window_pictures(modalities::select(images, {}), window).size(0), 0);
}

}  // namespace
}  // namespace asterism::eval
