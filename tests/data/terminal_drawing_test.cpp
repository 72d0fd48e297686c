#include "data/terminal_drawing.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

TEST(TerminalDrawing, PicturesFitTheirWidth) {
  io::Picture8 picture;
  picture.height = picture.width = 100;
  picture.channels = 3;
  picture.values.assign(30000, 0);
  for (int64_t y = 40; y < 60; ++y) {
    for (int64_t x = 40; x < 60; ++x) {
      for (int64_t c = 0; c < 3; ++c) picture.at(y, x, c) = 255;
    }
  }
  const std::string plain = drawn(picture, 20, false);
  EXPECT_EQ(std::count(plain.begin(), plain.end(), '\n'), 10);
  EXPECT_EQ(plain.find('\n'), 20u);
  EXPECT_EQ(plain[0], ' ');
  EXPECT_NE(plain.find('@'), std::string::npos);
  EXPECT_NE(drawn(picture, 20, true).find("\x1b[38;2;255;255;255"), std::string::npos);
}

TEST(TerminalDrawing, ACurveIsDrawnWhereItIsUsable) {
  std::vector<float> x, y;
  std::vector<uint8_t> mask;
  for (int i = 0; i < 500; ++i) {
    x.push_back(4000 + float(i));
    y.push_back(float(i));
    mask.push_back(i == 250);
  }
  y[250] = 1e9f;
  const std::string curve = drawn_curve(x.data(), y.data(), mask.data(), 500);
  EXPECT_EQ(std::count(curve.begin(), curve.end(), '\n'), 13);
  EXPECT_NE(curve.find("4000"), std::string::npos);
  EXPECT_EQ(curve.find("1e+09"), std::string::npos) << "a masked value does not set the scale";
  std::fill(mask.begin(), mask.end(), uint8_t{1});
  EXPECT_EQ(drawn_curve(x.data(), y.data(), mask.data(), 500), "(no usable values)\n");
}

TEST(TerminalDrawing, AnObjectWithAndWithoutEverything) {
  const auto batch = sample_batch(10);
  const std::string first = drawn_object(modalities::select(batch, {0}), false);
  for (const char* word : {"mock/obj-0", "flux_g", "image_legacy", "spectrum_desi", "lightcurve_ztf", "upper limits",
                           "SHAPE_R", "0.262\"/pixel"})
    EXPECT_NE(first.find(word), std::string::npos) << word;
  EXPECT_NE(drawn_object(modalities::select(batch, {3}), false).find("image_legacy: not observed"), std::string::npos);
}

}  // namespace
}  // namespace asterism::data
