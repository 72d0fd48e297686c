#include "tokenizers/scene_pose.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/random.h"

namespace asterism::tokenizers {
namespace {

struct Drawn {
  std::vector<float> flux, weight;
};

// A source of total flux 1 and white noise.
Drawn source(SceneKind kind, const ScenePose& pose, const BandView& view, double noise, uint64_t seed) {
  const int64_t pixels = view.side * view.side, g = gaussians_of(kind);
  std::vector<float> basis(size_t(g * pixels));
  scene_light(kind, pose, view, basis.data());
  base::Random random(seed, 0, 0, "test.scene");
  Drawn out;
  for (int64_t p = 0; p < pixels; ++p) {
    double light = 0;
    for (int64_t i = 0; i < g; ++i) light += double(basis[size_t(i * pixels + p)]) / double(g);
    out.flux.push_back(float(light + noise * random.normal()));
    out.weight.push_back(float(1 / (noise * noise)));
  }
  return out;
}

TEST(ScenePose, FindsAGalaxyAsItLies) {
  const BandView view{0.9, 0.262, 64};
  for (uint64_t seed = 1; seed < 6; ++seed) {
    base::Random random(seed, 1, 0, "test.scene");
    const ScenePose truth{{random.uniform(-0.2, 0.2), random.uniform(-0.2, 0.2), random.uniform(-0.7, 0.5),
                           random.uniform(-0.7, 0.7), random.uniform(-0.7, 0.7)}};
    const auto drawn = source(SceneKind::galaxy, truth, view, 1e-5, seed);
    const ScenePlane plane{view, drawn.flux, drawn.weight};
    const auto found = fit_pose(SceneKind::galaxy, plane, first_pose(plane));
    EXPECT_LT(found.chi2 / (64 * 64), 1.15) << seed;
    for (int j = 0; j < 2; ++j) EXPECT_NEAR(found.pose.at[j], truth.at[j], 0.01) << seed << " number " << j;
    for (int j = 3; j < 5; ++j) EXPECT_NEAR(found.pose.at[j], truth.at[j], 0.1) << seed << " number " << j;
  }
}

TEST(ScenePose, FindsAPointBetweenPixels) {
  const BandView view{0.9, 0.262, 32};
  const ScenePose truth{{0.11, -0.07, 0, 0, 0}};
  const auto drawn = source(SceneKind::point, truth, view, 1e-4, 3);
  const ScenePlane plane{view, drawn.flux, drawn.weight};
  const auto found = fit_pose(SceneKind::point, plane, first_pose(plane));
  EXPECT_NEAR(found.pose.at[0], 0.11, 0.003);
  EXPECT_NEAR(found.pose.at[1], -0.07, 0.003);
  EXPECT_NEAR(found.chi2 / (32 * 32), 1, 0.15);
}

TEST(ScenePose, MissingPixelsHaveNoSay) {
  const BandView view{0.9, 0.262, 32};
  auto drawn = source(SceneKind::galaxy, {{0.1, 0, 0, 0.3, 0}}, view, 1e-4, 4);
  for (size_t p = 0; p < 200; ++p) drawn.flux[p] = 0, drawn.weight[p] = 0;
  const ScenePlane plane{view, drawn.flux, drawn.weight};
  const auto found = fit_pose(SceneKind::galaxy, plane, first_pose(plane));
  EXPECT_NEAR(found.pose.at[0], 0.1, 0.01);
  EXPECT_LT(found.chi2 / (32 * 32 - 200), 1.2);
}

TEST(ScenePose, NothingToSeeIsFinite) {
  const BandView view{0.9, 0.262, 16};
  const std::vector<float> none(256, 0.0F);
  const ScenePlane plane{view, none, none};
  const auto found = fit_pose(SceneKind::galaxy, plane, first_pose(plane));
  for (const double x : found.pose.at) EXPECT_TRUE(std::isfinite(x));
}

}  // namespace
}  // namespace asterism::tokenizers
