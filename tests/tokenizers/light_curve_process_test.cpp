#include "tokenizers/light_curve_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "example_blocks.h"
#include "train_a_little.h"

namespace asterism::tokenizers {
namespace {

using modalities::LightCurveBlock;

LightCurveProcessSettings small_processes() {
  LightCurveProcessSettings s;
  s.kinds = 2;
  s.sketch = 8;
  return s;
}

TEST(LightCurveProcess, LearnsEightCurves) {
  LightCurveProcess codec(small_processes(), 3);
  const modalities::Block block(test::light_curves(8));
  codec.fit(block);
  const auto figures = test::train_a_little(codec, block, 15, 2e-2);
  EXPECT_LT(figures.at("last reconstruction"), figures.at("first reconstruction"));
}

TEST(LightCurveProcess, OneBadPointDoesNotSpoilTheMeanCurve) {
  auto curves = test::light_curves(32);
  const modalities::Block others(test::light_curves(6, 60, 3));
  const auto loss = [&] {
    LightCurveProcess codec(small_processes(), 3);
    codec.fit(modalities::Block(curves));
    return codec.loss(others).loss.item<double>();
  };
  const double before = loss();
  const size_t at = 60 * 5 + 7;
  curves.value[at] = 1e6F;
  curves.mask[at] = curves.upper_limit[at] = 0;
  curves.error[at] = curves.error[at + 1];
  EXPECT_LT(loss(), 1.2 * before);
}

TEST(LightCurveProcess, TheOrderOfBandsAndPointsDoesNotMatter) {
  const LightCurveProcess codec(small_processes(), 1);
  auto block = test::light_curves(3);
  const auto before = codec.encode(modalities::Block(block));
  std::swap(block.bands[0], block.bands[1]);
  for (int64_t i = 0; i < block.n; ++i) {
    const auto from = i * block.length, to = from + block.count[size_t(i)];
    for (int64_t k = from; k < to; ++k) block.band[size_t(k)] = 1 - block.band[size_t(k)];
    const auto turned = [&](auto& values) { std::reverse(values.begin() + from, values.begin() + to); };
    turned(block.time_day), turned(block.band), turned(block.value), turned(block.error), turned(block.mask);
    turned(block.upper_limit);
  }
  EXPECT_TRUE(at::equal(codec.encode(modalities::Block(block)).ids, before.ids));
}

TEST(LightCurveProcess, DrawsNearWhatItReadAtAnyTimeInAnyBand) {
  const LightCurveProcess codec(small_processes(), 1);
  auto block = modalities::make_light_curves(1, 30, {{"r", 6200, 0}}, "nanomaggy", "MJD");
  std::vector<modalities::LightCurvePoint> points;
  for (int k = 0; k < 30; ++k)
    points.push_back({55000.0 + 2 * k, 0, float(10 + 20 * std::exp(-std::pow((k - 10) / 6.0, 2))), 0.2F, false, false});
  modalities::set_points(block, 0, points);
  const auto tokens = codec.encode(modalities::Block(block));
  DecodeRequest request;
  request.points = &block;
  const auto out = std::get<LightCurveBlock>(codec.decode(tokens, request));
  for (size_t k = 0; k < 30; ++k) EXPECT_NEAR(out.value[k], block.value[k], 2.5) << k;
  block.bands[0].wavelength_angstrom = 0;
  EXPECT_THROW(codec.decode(tokens, request), base::UserError);
}

TEST(LightCurveProcess, OnePointAndOnePointManyTimes) {
  LightCurveProcess codec(small_processes(), 1);
  auto block = modalities::make_light_curves(2, 9, {{"r", 6200, 0}}, "nanomaggy", "MJD");
  modalities::set_points(block, 0, {{55000, 0, 3, 0, false, false}});
  modalities::set_points(block, 1, std::vector<modalities::LightCurvePoint>(9, {55000, 0, 3, 0.1F, false, false}));
  const auto tokens = codec.encode(modalities::Block(block));
  EXPECT_TRUE(tokens.present.all().item<bool>());
  EXPECT_NO_THROW(modalities::check("drawn", codec.decode(tokens)));
  EXPECT_TRUE(at::isfinite(codec.loss(modalities::Block(block)).loss).item<bool>());
  EXPECT_TRUE(at::isfinite(codec.vectors(tokens)).all().item<bool>());
}

TEST(LightCurveProcess, RefusesWhatCannotBe) {
  auto s = small_processes();
  s.bands = {"r"};
  EXPECT_THROW(LightCurveProcess(s, 0), base::UserError);
}

}  // namespace
}  // namespace asterism::tokenizers
