#include "models/sample_mean.h"

#include <gtest/gtest.h>

#include "modalities/map.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

TEST(SampleMean, MeanAndSpreadOverTheDraws) {
  std::vector<modalities::Block> draws;
  for (const float flux : {1.0f, 2.0f, 6.0f}) {
    auto s = tiny::spectrum(1, 4);
    s.wavelength_angstrom = {4000, 4001, 4002, 4003};
    s.flux = {flux, 5, flux, 0};
    draws.push_back(s);
  }
  auto& masked = std::get<modalities::SpectrumBlock>(draws[1]);
  masked.mask[2] = 1;
  masked.ivar[2] = masked.flux[2] = 0;
  const auto mean = std::get<modalities::SpectrumBlock>(sample_mean(draws));
  EXPECT_FLOAT_EQ(mean.flux[0], 3);
  EXPECT_FLOAT_EQ(mean.ivar[0], 1 / 7.0f);  // variance (4 + 1 + 9) / 2
  EXPECT_FLOAT_EQ(mean.flux[1], 5);
  EXPECT_GT(mean.ivar[1], 0);
  EXPECT_EQ(mean.mask[2], 1);
  EXPECT_EQ(mean.ivar[2], 0);
  modalities::check("mean", mean);
  EXPECT_EQ(std::get<modalities::SpectrumBlock>(sample_mean({draws[0]})).flux[0], 1);
}

TEST(SampleMean, OfImages) {
  auto a = tiny::image(2), b = tiny::image(2);
  b.flux.assign(b.flux.size(), 2);
  const auto mean = std::get<modalities::ImageBlock>(sample_mean({a, b}));
  EXPECT_FLOAT_EQ(mean.flux[7], 1);
  EXPECT_FLOAT_EQ(mean.ivar[7], 0.5);
  modalities::check("mean", mean);
}

TEST(SampleMean, OfMaps) {
  auto a = modalities::make_maps(1, {{"segmentation", ""}}, 2, 2, 0, false, false);
  a.present = {1};
  a.mask.assign(4, 0);
  a.ivar.assign(4, 1);
  auto b = a;
  b.value.assign(4, 1);
  const auto mean = std::get<modalities::MapBlock>(sample_mean({a, b}));
  EXPECT_FLOAT_EQ(mean.value[3], 0.5);
  EXPECT_FLOAT_EQ(mean.ivar[3], 2);  // variance 1/2
  modalities::check("mean", mean);
}

}  // namespace
}  // namespace asterism::models
