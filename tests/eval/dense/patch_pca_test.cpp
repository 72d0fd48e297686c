#include "eval/dense/patch_pca.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"

namespace asterism::eval {
namespace {

// 600 patches of sky about one point and 200 of objects about another; objects differ along axis 1.
struct PlantedPatches {
  PlantedPatches() {
    const auto noise = at::randn({800, 6}, at::detail::createCPUGenerator(2), at::kFloat);
    features = 0.1 * noise;
    features.narrow(0, 600, 200).select(1, 0).add_(5);
    features.narrow(0, 600, 200).select(1, 1).add_(at::linspace(-2, 2, 200));
    brightness = features.select(1, 0) * 0.1 + 0.3;
  }
  at::Tensor features, brightness;
};

TEST(PatchPca, TellsObjectsFromSkyAndTheirLeadingDifferences) {
  const PlantedPatches planted;
  const auto pca = PatchPca::fit(planted.features, planted.brightness, 3);
  const auto found = pca.is_object(planted.features);
  EXPECT_EQ(found.sum().item<int64_t>(), 200);
  EXPECT_TRUE(found.narrow(0, 600, 200).all().item<bool>());
  EXPECT_GT(std::abs(pca.component_KD[0][1].item<double>()), 0.99);
  EXPECT_GT(pca.brightness_correlation, 0.9);
  const auto colours = pca.colours(planted.features);
  EXPECT_LT(colours.narrow(0, 0, 600).max().item<double>(), 0.1) << "sky is dark";
  EXPECT_GE(colours.narrow(0, 600, 200).min().item<double>(), 0.15 - 1e-9);
  EXPECT_LE(colours.max().item<double>(), 1);
  // with the brightness the other way round, the others are the objects
  const auto turned = PatchPca::fit(planted.features, -planted.brightness, 3);
  EXPECT_EQ(turned.is_object(planted.features).sum().item<int64_t>(), 600);
}

TEST(PatchPca, ThresholdPartsTwoGroups) {
  EXPECT_NEAR(otsu_threshold(at::tensor({0.0, 0.1, 0.2, 9.8, 10.0})), 5.0, 1e-9);
  EXPECT_EQ(otsu_threshold(at::tensor({3.0})), 3);
}

TEST(PatchPca, IsKeptAndLoadedBitByBit) {
  const PlantedPatches planted;
  auto pca = PatchPca::fit(planted.features, planted.brightness, 4);
  pca.features = "block 3";
  const base::TemporaryFolder folder;
  pca.save(folder / "c.safetensors");
  const auto back = PatchPca::load(folder / "c.safetensors", 6);
  EXPECT_TRUE(at::equal(back.colours(planted.features), pca.colours(planted.features)));
  EXPECT_EQ(back.features, "block 3");
  EXPECT_THROW(PatchPca::load(folder / "c.safetensors", 7), base::DataError);
}

TEST(PatchPca, NothingToTellIsAnError) {
  EXPECT_THROW(PatchPca::fit(at::ones({50, 4}), at::ones({50}), 3), base::UserError);
  EXPECT_THROW(PatchPca::fit(at::ones({1, 4}), at::ones({1}), 3), base::UserError);
}

}  // namespace
}  // namespace asterism::eval
