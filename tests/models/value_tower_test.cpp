#include "models/value_tower.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "modalities/light_curve.h"
#include "nn/autocast.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

TowerShape tower_shape() {
  TowerShape s;
  s.transformer.width = 16;
  s.transformer.heads = 2;
  s.transformer.depth = 1;
  s.projection = 8;
  return s;
}

TEST(ValueTower, GivesUnitVectorsAndZerosWhereAbsent) {
  auto batch = tiny::sky(3);
  tiny::remove(batch, "image_legacy", 1);
  nn::Parameters parameters;
  const ValueTower tower(nn::Scope(parameters, 1), {{"image_legacy", tiny::sky_model().modalities.at("image_legacy")}},
                         tower_shape());
  const auto out = tower(batch, {});
  EXPECT_EQ(out.present_N, (std::vector<uint8_t>{1, 0, 1}));
  EXPECT_NEAR(out.vectors_NE[0].norm().item<float>(), 1, 1e-5);
  EXPECT_EQ(out.vectors_NE[1].norm().item<float>(), 0);
  const auto nobody = tower(modalities::select(batch, {1}), {});
  EXPECT_EQ(nobody.vectors_NE.norm().item<float>(), 0);
}

TEST(ValueTower, ThinningIsKeyed) {
  const auto batch = tiny::sky(3);
  nn::Parameters parameters;
  const ValueTower tower(nn::Scope(parameters, 1),
                         {{"spectrum_desi", tiny::sky_model().modalities.at("spectrum_desi")}}, tower_shape());
  auto at_epoch = [&](int64_t epoch, double keep) {
    return tower(batch, {.keep = keep, .key = {1, epoch, true}}).vectors_NE;
  };
  EXPECT_TRUE(at::equal(at_epoch(1, 0.4), at_epoch(1, 0.4)));
  EXPECT_FALSE(at::allclose(at_epoch(1, 0.4), at_epoch(2, 0.4)));
  EXPECT_TRUE(at::equal(at_epoch(1, 1), at_epoch(2, 1)));
}

TEST(ValueTower, ReadsLightCurves) {
  auto curves = modalities::make_light_curves(3, 4, {{"ztf-g", 4800, 1400}}, "mag", "MJD");
  modalities::set_points(curves, 0, {{59000, 0, 19, 0.1f}, {59002, 0, 18, 0.1f}});
  modalities::set_points(curves, 1, {{59000, 0, 19, 0.1f, true}});  // masked
  modalities::set_points(curves, 2, {{59000, 0, 19, 0.1f}, {59002, 0, 20, 0.1f}, {59009, 0, 21, 0.2f}});
  auto batch = tiny::scalars(3);
  batch.blocks["light_curve_ztf"] = curves;
  ModalitySettings settings;
  settings.kind = "light_curve";
  nn::Parameters parameters;
  const ValueTower tower(nn::Scope(parameters, 1), {{"light_curve_ztf", settings}}, tower_shape());
  const auto out = tower(batch, {});
  EXPECT_EQ(out.present_N, (std::vector<uint8_t>{1, 0, 1}));
  EXPECT_NEAR(out.vectors_NE[2].norm().item<float>(), 1, 1e-5);
  EXPECT_FALSE(at::allclose(out.vectors_NE[0], out.vectors_NE[2], 1e-2, 1e-2));
}

TEST(ValueTower, ASummaryStandsBesideTheTransformerOrAlone) {
  auto batch = tiny::sky(4);
  tiny::remove(batch, "image_legacy", 1);
  for (const char* name : {"image_legacy", "spectrum_desi"})
    for (const int64_t layers : {0, 1}) {
      auto s = tower_shape();
      s.transformer.depth = layers;
      s.summary = 6;
      nn::Parameters parameters;
      ValueTower tower(nn::Scope(parameters, 1), {{name, tiny::sky_model().modalities.at(name)}}, s);
      EXPECT_THROW(tower(batch, {}), base::UserError) << "not fitted";
      EXPECT_THROW(tower.fit(tiny::scalars(4)), base::UserError);
      tower.fit(batch);
      const auto out = tower(batch, {});
      EXPECT_EQ(out.present_N[1], name != std::string("image_legacy"));
      EXPECT_NEAR(out.vectors_NE[0].norm().item<float>(), 1, 1e-5);
      EXPECT_FALSE(at::allclose(out.vectors_NE[0], out.vectors_NE[2], 1e-2, 1e-2));
      EXPECT_EQ(parameters.parameters().contains("norm.weight"), layers > 0);
      EXPECT_EQ(tower(batch, {.given = {"other"}}).vectors_NE.norm().item<float>(), 0);
      const auto one = tower(modalities::select(batch, {2}), {});
      EXPECT_TRUE(at::allclose(one.vectors_NE[0], out.vectors_NE[2], 1e-5, 1e-5)) << "objects do not mix";
      EXPECT_EQ(tower(modalities::select(batch, {}), {}).vectors_NE.size(0), 0);
    }
}

TEST(ValueTower, JitterIsOfTrainingAlone) {
  const auto batch = tiny::sky(4);
  for (const char* name : {"image_legacy", "spectrum_desi"}) {
    auto s = tower_shape();
    s.transformer.depth = 0;
    s.summary = 6;
    nn::Parameters exact, shaken;
    ValueTower plain(nn::Scope(exact, 1), {{name, tiny::sky_model().modalities.at(name)}}, s);
    s.summary_jitter = 0.05;
    ValueTower tower(nn::Scope(shaken, 1), {{name, tiny::sky_model().modalities.at(name)}}, s);
    plain.fit(batch);
    tower.fit(batch);
    const auto expected = plain(batch, {}).vectors_NE;
    EXPECT_TRUE(at::equal(tower(batch, {}).vectors_NE, expected));
    const auto once = tower(batch, {.key = {1, 1, true}}).vectors_NE;
    EXPECT_TRUE(at::equal(once, tower(batch, {.key = {1, 1, true}}).vectors_NE));
    EXPECT_FALSE(at::allclose(once, expected, 1e-3, 1e-3));
    EXPECT_FALSE(at::allclose(once, tower(batch, {.key = {1, 2, true}}).vectors_NE, 1e-3, 1e-3));
  }
}

TEST(ValueTower, NoiseIsOfTrainingAloneAndALinearSummaryHasNoOtherWeights) {
  const auto batch = tiny::sky(4);
  for (const char* name : {"image_legacy", "spectrum_desi"}) {
    auto s = tower_shape();
    s.transformer.depth = 0;
    s.summary = 6;
    s.summary_linear = true;
    s.summary_noise = 0.5;
    nn::Parameters parameters;
    ValueTower tower(nn::Scope(parameters, 1), {{name, tiny::sky_model().modalities.at(name)}}, s);
    tower.fit(batch);
    for (const auto& entry : parameters.parameters()) EXPECT_EQ(entry.first.find("network"), std::string::npos);
    const auto still = tower(batch, {}).vectors_NE, once = tower(batch, {.key = {1, 1, true}}).vectors_NE;
    EXPECT_TRUE(at::equal(still, tower(batch, {}).vectors_NE));
    EXPECT_TRUE(at::equal(once, tower(batch, {.key = {1, 1, true}}).vectors_NE));
    EXPECT_FALSE(at::allclose(once, still, 1e-3, 1e-3));
  }
}

TEST(ValueTower, ALightCurveMayBeASummaryAlone) {
  auto curves = modalities::make_light_curves(2, 2, {{"r", 6200, 0}}, "mag", "MJD");
  modalities::set_points(curves, 0, {{1, 0, 18, 0.1F}, {9, 0, 19, 0.1F}});
  auto batch = tiny::scalars(2);
  batch.blocks["lightcurve_x"] = curves;
  ModalitySettings settings;
  settings.kind = "light_curve";
  settings.bands = {"r"};
  auto s = tower_shape();
  s.transformer.depth = 0;
  s.summary = 4;
  nn::Parameters parameters;
  ValueTower tower(nn::Scope(parameters, 1), {{"lightcurve_x", settings}}, s);
  tower.fit(batch);
  const auto out = tower(batch, {});
  EXPECT_EQ(out.present_N, (std::vector<uint8_t>{1, 0}));
  EXPECT_NEAR(out.vectors_NE[0].norm().item<float>(), 1, 1e-5);
  EXPECT_EQ(out.vectors_NE[1].norm().item<float>(), 0);
}

// What a summary knows to a hundredth, bf16 would round.
TEST(ValueTower, ASummaryIsExactUnderMixedPrecision) {
  const auto batch = tiny::sky(4);
  auto s = tower_shape();
  s.transformer.depth = 0;
  s.summary = 6;
  nn::Parameters parameters;
  ValueTower tower(nn::Scope(parameters, 1), {{"spectrum_desi", tiny::sky_model().modalities.at("spectrum_desi")}}, s);
  tower.fit(batch);
  const auto exact = tower(batch, {}).vectors_NE;
  const nn::Autocast autocast(nn::Precision::bf16);
  EXPECT_TRUE(at::equal(tower(batch, {}).vectors_NE, exact));
}

TEST(ValueTower, ASummaryIsOfAnImageOrASpectrum) {
  auto s = tower_shape();
  s.summary = 6;
  nn::Parameters parameters;
  EXPECT_THROW(ValueTower(nn::Scope(parameters, 1), {{"flux_g", {}}}, s), base::UserError);
  s.summary = 0;
  s.transformer.depth = 0;
  nn::Parameters others;
  EXPECT_THROW(ValueTower(nn::Scope(others, 1), {{"flux_g", {}}}, s), base::UserError);
}

TEST(ValueTower, ReadsOneImageOrSpectrumOrScalars) {
  nn::Parameters parameters;
  const auto all = tiny::sky_model().modalities;
  EXPECT_THROW(ValueTower(nn::Scope(parameters, 1), all, tower_shape()), base::UserError);
  nn::Parameters others;
  EXPECT_THROW(ValueTower(nn::Scope(others, 1), {}, tower_shape()), base::UserError);
}

}  // namespace
}  // namespace asterism::models
