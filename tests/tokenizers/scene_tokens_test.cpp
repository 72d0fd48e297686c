#include "tokenizers/scene_tokens.h"

#include <gtest/gtest.h>

#include <cmath>

namespace asterism::tokenizers {
namespace {

const SceneTokens kTokens({1024, -3, 5, 2});

TEST(SceneTokens, APoseComesBackToItsLevel) {
  const ScenePose pose{{0.7, -1.3, -0.4, 0.9, -1.7}};
  int64_t ids[kSceneHead] = {};
  kTokens.write(SceneKind::galaxy, pose, ids);
  EXPECT_EQ(kTokens.kind(ids), SceneKind::galaxy);
  const auto back = kTokens.pose(ids);
  for (int i = 0; i < 2; ++i) EXPECT_NEAR(back.at[i], pose.at[i], 2.0 / 1024 + 1e-12);
  EXPECT_NEAR(back.at[2], pose.at[2], 0.0035);
  for (int i = 3; i < 5; ++i) EXPECT_NEAR(back.at[i], pose.at[i], 3.0 / 1024 + 1e-12);
  int64_t again[kSceneHead] = {};
  kTokens.write(SceneKind::galaxy, back, again);
  for (int i = 1; i < kSceneHead; ++i) EXPECT_EQ(again[i], ids[i]) << i;
}

TEST(SceneTokens, APointHasNoShape) {
  int64_t ids[kSceneHead] = {};
  kTokens.write(SceneKind::point, {{0.1, 0.2, 0.5, 0.6, 0.7}}, ids);
  EXPECT_EQ(kTokens.kind(ids), SceneKind::point);
  EXPECT_EQ(ids[2], 0);
  EXPECT_EQ(ids[3], 0);
  EXPECT_EQ(kTokens.pose(ids).at[3], 0);
}

TEST(SceneTokens, BrightnessIsGivenBackToOnePercent) {
  for (const double flux : {0.002, 1.0, 37.0, 9e4})
    EXPECT_NEAR(kTokens.brightness(kTokens.brightness_id(flux)) / flux, 1, 0.01) << flux;
}

TEST(SceneTokens, WhatLiesOutsideIsTheLastLevel) {
  EXPECT_EQ(kTokens.brightness_id(0), 0);
  EXPECT_EQ(kTokens.brightness_id(-3), 0);
  EXPECT_EQ(kTokens.brightness_id(NAN), 0);
  EXPECT_EQ(kTokens.brightness_id(1e30), 1023);
  int64_t ids[kSceneHead] = {};
  kTokens.write(SceneKind::galaxy, {{9, -9, 90, NAN, -9}}, ids);
  EXPECT_EQ(ids[4], 1023);
  EXPECT_EQ(ids[5], 0);
  EXPECT_EQ(ids[1], 1023);
  EXPECT_EQ(ids[2], 0);
  const int64_t beyond[kSceneHead] = {5000, 5000, 5000, 5000, 5000, 5000};
  for (const double x : kTokens.pose(beyond).at) EXPECT_TRUE(std::isfinite(x));
}

TEST(SceneTokens, TheFirstTokenAlsoSaysTheStretch) {
  const SceneTokens tokens({1024, -3, 5, 2, 4});
  for (int64_t k = 0; k < 4; ++k) {
    const int64_t id = tokens.stretched(tokens.brightness_id(37), k);
    EXPECT_LT(id, 4096);
    EXPECT_EQ(tokens.stretch(id), kStretches[k]);
    EXPECT_EQ(tokens.brightness(id), kTokens.brightness(kTokens.brightness_id(37)));
  }
  EXPECT_EQ(tokens.brightness(5000), kTokens.brightness(1023));  // beyond: the last of both
  EXPECT_EQ(tokens.stretch(5000), kStretches[3]);
  EXPECT_EQ(kTokens.stretch(5000), 1);
}

}  // namespace
}  // namespace asterism::tokenizers
