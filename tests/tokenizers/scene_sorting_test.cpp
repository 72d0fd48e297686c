#include "tokenizers/scene_sorting.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "example_scenes.h"
#include "tokenizers/block_tensors.h"

namespace asterism::tokenizers {
namespace {

const SceneTokens kSortedTokens({1024, -3, 5, 2});

struct Learned {
  nn::Parameters parameters;
  BandWeights weights{std::vector<double>{4000, 6000, 10000}};
  SceneTemplates points{nn::Scope(parameters, 1) / "p", SceneKind::point, 2, 3, 10, 3},
      galaxies{nn::Scope(parameters, 1) / "g", SceneKind::galaxy, 4, 3, 10, 3};

  ScenePixels pixels(const modalities::ImageBlock& b) const {
    const std::vector<int64_t> shape{b.n, int64_t(b.bands.size()), b.height, b.width};
    return {wrap(b.flux, shape), wrap(b.ivar, shape), wrap(b.psf_fwhm_arcsec, {b.n, shape[1]}), b.pixel_scale_arcsec,
            weights.of(b.bands, "test")};
  }
  void learn(const modalities::ImageBlock& b) {
    learn_scenes(points, galaxies, weights, {pixels(b)}, {b.bands}, kSortedTokens, {}, "test");
  }
};

TEST(SceneSorting, PointsAndGalaxiesAreToldApart) {
  Learned learned;
  learned.learn(test::scenes(90));
  const auto judged = test::scenes(30, {}, 2);
  const auto pixels = learned.pixels(judged);
  const auto point = read_scenes(SceneKind::point, pixels, kSortedTokens),
             galaxy = read_scenes(SceneKind::galaxy, pixels, kSortedTokens);
  const auto is_point = chi2_of(point, learned.points, learned.points.code(point.sums)) <=
                        chi2_of(galaxy, learned.galaxies, learned.galaxies.code(galaxy.sums));
  int64_t right = 0;
  for (int64_t i = 0; i < 30; ++i) right += is_point[i].item<bool>() == test::shows_point(i) ? 1 : 0;
  EXPECT_GE(right, 26);
}

TEST(SceneSorting, TooFewImagesAreNamed) {
  Learned learned;
  try {
    learned.learn(test::scenes(4));
    FAIL();
  } catch (const base::UserError& e) {
    EXPECT_NE(std::string(e.what()).find("4 images"), std::string::npos) << e.what();
  }
}

}  // namespace
}  // namespace asterism::tokenizers
