#include "tokenizers/scene_light.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

namespace asterism::tokenizers {
namespace {

constexpr BandView kScene{0.8, 0.25, 48};

std::vector<float> light_of(SceneKind kind, const ScenePose& pose, const BandView& view,
                            const std::vector<double>& flux) {
  const auto pixels = size_t(view.side * view.side);
  std::vector<float> basis(flux.size() * pixels), out(pixels, 0.0F);
  scene_light(kind, pose, view, basis.data());
  for (size_t g = 0; g < flux.size(); ++g)
    for (size_t p = 0; p < pixels; ++p) out[p] += float(flux[g]) * basis[g * pixels + p];
  return out;
}

double sum_of(const float* from, int64_t n) { return std::accumulate(from, from + n, 0.0); }

TEST(SceneLight, EveryGaussianHoldsItsFlux) {
  const BandView wide{0.8, 0.25, 192};
  for (const auto kind : {SceneKind::point, SceneKind::galaxy}) {
    const int64_t pixels = wide.side * wide.side;
    std::vector<float> basis(size_t(gaussians_of(kind) * pixels));
    scene_light(kind, {{0.3, -0.2, 0.1, 0.5, -0.4}}, wide, basis.data());
    for (int64_t g = 0; g < gaussians_of(kind); ++g)
      EXPECT_NEAR(sum_of(basis.data() + g * pixels, pixels), 1, 2e-3) << g;
  }
}

TEST(SceneLight, PsfHasItsFullWidth) {
  // the narrowest bulge is a point; half of its peak lies half of the width from the middle
  const BandView view{2, 0.1, 101};
  std::vector<float> basis(size_t(gaussians_of(SceneKind::galaxy) * view.side * view.side));
  scene_light(SceneKind::galaxy, {{0, 0, -4, 0, 0}}, view, basis.data());
  const float* point = basis.data() + 5 * view.side * view.side;  // the first of the bulges
  const float* middle = point + 50 * view.side + 50;
  EXPECT_NEAR(middle[10] / middle[0], 0.5, 0.01);
  EXPECT_NEAR(middle[10 * view.side] / middle[0], 0.5, 0.01);
}

TEST(SceneLight, XGoesAlongRowsAndEllipticityAlongX) {
  const std::vector<double> flux(size_t(gaussians_of(SceneKind::galaxy)), 0.1);
  const auto light = light_of(SceneKind::galaxy, {{1, -0.5, 0, 0.8, 0}}, kScene, flux);
  double whole = 0, x = 0, y = 0, xx = 0, yy = 0;
  for (int64_t row = 0; row < kScene.side; ++row)
    for (int64_t column = 0; column < kScene.side; ++column) {
      const double f = light[size_t(row * kScene.side + column)], u = (double(column) - 23.5) * 0.25 - 1,
                   v = (double(row) - 23.5) * 0.25 + 0.5;
      whole += f;
      x += f * u;
      y += f * v;
      xx += f * u * u;
      yy += f * v * v;
    }
  EXPECT_NEAR(x / whole, 0, 0.1);
  EXPECT_NEAR(y / whole, 0, 0.1);
  EXPECT_GT(xx, 1.5 * yy);
}

TEST(SceneLight, SlopesAreThoseOfDifferences) {
  for (const auto kind : {SceneKind::point, SceneKind::galaxy}) {
    std::vector<double> flux;
    for (int64_t g = 0; g < gaussians_of(kind); ++g) flux.push_back(1 + double(g % 3));
    const ScenePose pose{{0.2, -0.1, -0.2, 0.4, -0.3}};
    const auto pixels = size_t(kScene.side * kScene.side);
    std::vector<float> basis(flux.size() * pixels), slopes(size_t(shapes_of(kind)) * pixels);
    scene_slopes(kind, pose, kScene, flux, basis.data(), slopes.data());
    for (int64_t j = 0; j < shapes_of(kind); ++j) {
      auto more = pose, less = pose;
      more.at[j] += 1e-3;
      less.at[j] -= 1e-3;
      const auto high = light_of(kind, more, kScene, flux), low = light_of(kind, less, kScene, flux);
      double wrong = 0, all = 0;
      for (size_t p = 0; p < pixels; ++p) {
        const double expected = (double(high[p]) - double(low[p])) / 2e-3, got = slopes[size_t(j) * pixels + p];
        wrong += (expected - got) * (expected - got);
        all += expected * expected;
      }
      EXPECT_LT(std::sqrt(wrong / all), 2e-3) << "number " << j;
    }
  }
}

}  // namespace
}  // namespace asterism::tokenizers
