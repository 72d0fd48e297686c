#include "tokenizers/light_curve_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "example_blocks.h"
#include "train_a_little.h"

namespace asterism::tokenizers {
namespace {

using modalities::LightCurveBlock;
using testing::HasSubstr;

LightCurveCodecSettings tiny_light_curve_codec() {
  LightCurveCodecSettings s;
  s.width = 32;
  s.heads = 2;
  s.latents = 6;
  s.shapes = 8;
  return s;
}

// A constant in each band has chi^2 of about 60 here.
TEST(LightCurveCodec, LearnsEightCurvesAndTheirHiddenPoints) {
  LightCurveCodec codec(tiny_light_curve_codec(), 3);
  const auto figures = test::train_a_little(codec, test::light_curves(8), 120, 4e-3);
  EXPECT_GT(figures.at("first chi2_seen"), 15);
  EXPECT_LT(figures.at("last chi2_seen"), 0.3 * figures.at("first chi2_seen"));
  EXPECT_LT(figures.at("last chi2_hidden"), 0.5 * figures.at("first chi2_hidden"));
}

TEST(LightCurveCodec, DrawsAtAnyTimeInAnyBand) {
  const LightCurveCodec codec(tiny_light_curve_codec(), 1);
  const auto tokens = codec.encode(modalities::Block(test::light_curves(2)));
  auto asked = modalities::make_light_curves(2, 3, {{"never seen", 9000, 0}}, "nanomaggy", "MJD");
  modalities::set_points(asked, 0, {{54000, 0, 0, 0, false, false}, {55010.5, 0, 0, 0, true, false}});
  DecodeRequest request;
  request.points = &asked;
  const auto out = std::get<LightCurveBlock>(codec.decode(tokens, request));
  EXPECT_NO_THROW(modalities::check("drawn", modalities::Block(out)));
  EXPECT_EQ(std::vector<uint8_t>(out.mask.begin(), out.mask.begin() + 3), (std::vector<uint8_t>{0, 0, 1}));
  EXPECT_EQ(out.count[1], 0);
  EXPECT_EQ(out.bands[0].name, "never seen");
  EXPECT_NE(out.value[0], out.value[1]);
  asked.bands[0].wavelength_angstrom = 0;
  EXPECT_THROW(codec.decode(tokens, request), base::UserError);
  asked.n = 1;
  EXPECT_THROW(codec.decode(tokens, request), base::UserError);
}

// Each point is drawn by itself.
TEST(LightCurveCodec, WhatElseIsAskedForChangesNothing) {
  const LightCurveCodec codec(tiny_light_curve_codec(), 1);
  const auto block = test::light_curves(2);
  const auto tokens = codec.encode(modalities::Block(block));
  DecodeRequest request;
  request.points = &block;
  const auto all = std::get<LightCurveBlock>(codec.decode(tokens, request));
  auto one = modalities::make_light_curves(2, 1, block.bands, "nanomaggy", "MJD");
  modalities::set_points(one, 0, {{block.time_day[5], block.band[5], 0, 0, false, false}});
  request.points = &one;
  EXPECT_NEAR(std::get<LightCurveBlock>(codec.decode(tokens, request)).value[0], all.value[5],
              1e-3 * std::abs(all.value[5]));
}

TEST(LightCurveCodec, ALaterStartIsTheSameCurveLater) {
  const LightCurveCodec codec(tiny_light_curve_codec(), 1);
  auto block = test::light_curves(4);
  const auto before = codec.encode(modalities::Block(block));
  for (int64_t i = 0; i < block.n; ++i)
    for (int64_t k = 0; k < block.count[size_t(i)]; ++k) block.time_day[size_t(i * block.length + k)] += 1000;
  const auto after = codec.encode(modalities::Block(block));
  const auto same = (before.ids == after.ids).narrow(1, 2, codec.num_tokens() - 2).to(at::kFloat).mean();
  EXPECT_GT(same.item<double>(), 0.9);  // the reference falls into its bin elsewhere
  EXPECT_FALSE(at::equal(before.ids.narrow(1, 0, 2), after.ids.narrow(1, 0, 2)));
}

TEST(LightCurveCodec, MagnitudesAreReadAsFluxes) {
  const LightCurveCodec codec(tiny_light_curve_codec(), 1);
  auto block = test::light_curves(4);
  for (size_t j = 0; j < block.value.size(); ++j)
    if (block.mask[j] == 0) block.value[j] = std::max(block.value[j], 1.0F);
  const auto flux = codec.encode(modalities::Block(block));
  for (size_t j = 0; j < block.value.size(); ++j) {
    if (block.mask[j] != 0) continue;
    block.error[j] = 1.0857362F * block.error[j] / block.value[j];
    block.value[j] = 22.5F - 2.5F * std::log10(block.value[j]);
  }
  block.unit = "mag";
  const auto same = (codec.encode(modalities::Block(block)).ids == flux.ids).to(at::kFloat).mean();
  EXPECT_GT(same.item<double>(), 0.9);
  auto settings = tiny_light_curve_codec();
  settings.unit = "mag";
  EXPECT_THROW(LightCurveCodec(settings, 1).encode(modalities::Block(test::light_curves(1))), base::UserError);
}

// Points of ten nanomaggies, and as many limits between them.
modalities::Block points_and_limits(float limit) {
  auto block = modalities::make_light_curves(1, 40, {{"r", 6200, 0}}, "nanomaggy", "MJD");
  std::vector<modalities::LightCurvePoint> points;
  for (int k = 0; k < 40; ++k) points.push_back({55000.0 + k, 0, k % 2 == 0 ? 10.0F : limit, 1, false, k % 2 == 1});
  modalities::set_points(block, 0, points);
  return block;
}

// A curve drawn brighter than a limit costs, one below it does not.
TEST(LightCurveCodec, CensoredLimitsPushTheCurveDown) {
  auto settings = tiny_light_curve_codec();
  settings.limits = "censored";
  settings.hidden_share = 0;
  LightCurveCodec codec(settings, 1);
  const auto with_limits_at = [&](float limit) { return codec.loss(points_and_limits(limit)).loss.item<double>(); };
  const double far_above = with_limits_at(100), below = with_limits_at(1);
  EXPECT_GT(below, far_above + 1);
}

// However far a curve lies on the wrong side of a limit, it learns to come back.
TEST(LightCurveCodec, AFarLimitStillPushes) {
  auto settings = tiny_light_curve_codec();
  settings.limits = "censored";
  settings.hidden_share = 0;
  LightCurveCodec codec(settings, 1);
  const auto push_of_limits_at = [&](float limit) {
    codec.parameters().zero_grad();
    codec.loss(points_and_limits(limit)).loss.backward();
    return nn::clip_gradients(codec.parameters().trainable(), 0).item<double>();
  };
  const double kept = push_of_limits_at(1000), far = push_of_limits_at(-90);
  EXPECT_GT(far, 2 * kept);
  EXPECT_NEAR(push_of_limits_at(-190), far, 0.2 * far);  // no more than a point that is as far off
}

TEST(LightCurveCodec, VectorsAreFiniteAndOfPresentRows) {
  const LightCurveCodec codec(tiny_light_curve_codec(), 1);
  auto block = test::light_curves(3);
  test::hide(block, 1);
  const auto vectors = codec.vectors(codec.encode(modalities::Block(block)));
  EXPECT_EQ(vectors.size(0), 3);
  EXPECT_TRUE(at::isfinite(vectors).all().item<bool>());
  EXPECT_EQ(vectors[1].abs().sum().item<double>(), 0);
  EXPECT_GT((vectors[0] - vectors[2]).abs().max().item<double>(), 0.1);
}

TEST(LightCurveCodec, OnePointAndOnePointManyTimes) {
  LightCurveCodec codec(tiny_light_curve_codec(), 1);
  auto block = modalities::make_light_curves(2, 9, {{"r", 6200, 0}}, "nanomaggy", "MJD");
  modalities::set_points(block, 0, {{55000, 0, 3, 0, false, false}});
  modalities::set_points(block, 1, std::vector<modalities::LightCurvePoint>(9, {55000, 0, 3, 0.1F, false, false}));
  const auto tokens = codec.encode(modalities::Block(block));
  EXPECT_TRUE(tokens.present.all().item<bool>());
  EXPECT_NO_THROW(modalities::check("drawn", codec.decode(tokens)));
  EXPECT_TRUE(at::isfinite(codec.loss(modalities::Block(block)).loss).item<bool>());
}

TEST(LightCurveCodec, RefusesWhatCannotBe) {
  auto s = tiny_light_curve_codec();
  s.width = 33;
  try {
    const LightCurveCodec codec(s, 0);
    FAIL();
  } catch (const base::UserError& e) {
    EXPECT_THAT(e.what(), HasSubstr("nearest is 34"));
  }
  s = tiny_light_curve_codec();
  s.bands = {"r"};
  EXPECT_THROW(LightCurveCodec(s, 0), base::UserError);
  const LightCurveCodec codec(tiny_light_curve_codec(), 1);
  auto tokens = codec.encode(modalities::Block(test::light_curves(1)));
  s = tiny_light_curve_codec();
  s.norm_bins = 16;
  const LightCurveCodec coarse(s, 1);  // its code book reaches further than its header
  tokens.ids.fill_(500);
  EXPECT_THROW(coarse.decode(tokens, {}), base::UserError);
}

}  // namespace
}  // namespace asterism::tokenizers
