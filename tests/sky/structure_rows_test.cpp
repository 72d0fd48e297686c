#include "sky/structure_rows.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/threads.h"
#include "modalities/all.h"
#include "sky/observe.h"

namespace asterism::sky {
namespace {

using modalities::ImageBlock;
using modalities::MapBlock;
using modalities::ScalarBlock;

SkySettings all_structure() {
  SkySettings s;
  s.spiral_share = 0.6;
  s.bar_share = 0.4;
  s.merger_share = 0.1;
  s.lens_share = 0.5;
  s.neighbour_share = 0.3;
  return s;
}

TEST(StructureRows, ColumnsKeepTheirPromises) {
  const auto batch = observe(3, 0, 24, {"legacy", "euclid"}, all_structure());
  EXPECT_NO_THROW(modalities::check(batch));
  for (const auto& [name, block] : batch.blocks) {
    const modalities::Known* known = modalities::find(name);
    ASSERT_NE(known, nullptr) << name;
    EXPECT_EQ(known->kind, modalities::kind(block)) << name;
  }
  const auto& kind = std::get<ScalarBlock>(batch.blocks.at("object_class"));
  const auto& distance = std::get<ScalarBlock>(batch.blocks.at("neighbour_distance"));
  const auto& radius = std::get<ScalarBlock>(batch.blocks.at("einstein_radius"));
  const auto& structure = std::get<MapBlock>(batch.blocks.at("maps_structure_legacy"));
  const auto& sources = std::get<MapBlock>(batch.blocks.at("maps_sources_euclid"));
  EXPECT_EQ(sources.layers.size(), 8u);
  EXPECT_EQ(sources.layers[4].name, "other euclid-vis");
  for (size_t row = 0; row < 24; ++row) {
    EXPECT_EQ(structure.present[row], kind.value[row] == 0);
    EXPECT_EQ(sources.present[row], distance.present[row] || radius.value[row] > 0);
  }
}

// The image is the sum of its sources within its noise.
TEST(StructureRows, SourcesAddUpToTheImage) {
  const auto batch = observe(3, 0, 24, {"legacy"}, all_structure());
  const auto& sources = std::get<MapBlock>(batch.blocks.at("maps_sources_legacy"));
  const auto& image = std::get<ImageBlock>(batch.blocks.at("image_legacy"));
  const size_t pixels = 96 * 96;
  double chi2 = 0;
  int64_t n = 0;
  for (size_t row = 0; row < 24; ++row) {
    if (!sources.present[row]) continue;
    for (size_t i = 0; i < 4 * pixels; ++i) {
      const size_t at = row * 4 * pixels + i;
      if (image.mask[at]) continue;
      const double sum =
          double(sources.value[row * 8 * pixels + i]) + double(sources.value[(row * 8 + 4) * pixels + i]);
      chi2 += std::pow(double(image.flux[at]) - sum, 2) * double(image.ivar[at]);
      ++n;
    }
  }
  ASSERT_GT(n, 0);
  EXPECT_NEAR(chi2 / double(n), 1, 0.02 + 5 * std::sqrt(2.0 / double(n)));
}

TEST(StructureRows, OtherColumnsStayWhatTheyAre) {
  base::set_threads(3);
  const auto with = observe(3, 0, 16, {"legacy", "desi"}, all_structure());
  base::set_threads(1);
  const auto again = observe(3, 0, 16, {"legacy", "desi"}, all_structure());
  base::set_threads(0);
  const auto plain = observe(3, 0, 16, {"legacy", "desi"});
  for (const auto& [name, block] : plain.blocks) {
    if (const auto* scalar = std::get_if<ScalarBlock>(&block)) {
      for (size_t row = 0; row < 16; ++row)
        EXPECT_EQ(scalar->value[row], std::get<ScalarBlock>(with.blocks.at(name)).value[row]) << name;
    }
    if (const auto* spectrum = std::get_if<modalities::SpectrumBlock>(&block)) {
      for (size_t i = 0; i < spectrum->flux.size(); ++i)
        ASSERT_EQ(spectrum->flux[i], std::get<modalities::SpectrumBlock>(with.blocks.at(name)).flux[i]);
    }
  }
  const auto &a = std::get<ImageBlock>(with.blocks.at("image_legacy")),
             &b = std::get<ImageBlock>(again.blocks.at("image_legacy"));
  for (size_t i = 0; i < a.flux.size(); ++i) ASSERT_EQ(a.flux[i], b.flux[i]);
  const auto scalars = observe_scalars(3, 0, 16, {"legacy"}, all_structure());
  EXPECT_EQ(scalars.blocks.count("morphology_class"), 1u);
  EXPECT_EQ(scalars.blocks.count("maps_sources_legacy"), 0u);
}

}  // namespace
}  // namespace asterism::sky
