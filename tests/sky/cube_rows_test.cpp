#include "sky/cube_rows.h"

#include <gtest/gtest.h>

#include "modalities/all.h"
#include "sky/observe.h"

namespace asterism::sky {
namespace {

TEST(CubeRows, CubesOfWhatIsBrightWithTheirTruth) {
  const auto batch = observe(3, 0, 24, {"manga", "muse"});
  const auto& magnitude = std::get<modalities::ScalarBlock>(batch.blocks.at("r_magnitude"));
  const auto& kind = std::get<modalities::ScalarBlock>(batch.blocks.at("object_class"));
  const auto& velocity = std::get<modalities::ScalarBlock>(batch.blocks.at("rotation_velocity"));
  for (const auto& [name, block] : batch.blocks) EXPECT_NO_THROW(modalities::check(name, block)) << name;
  int galaxies = 0;
  for (const char* survey : {"manga", "muse"}) {
    const auto& cube = std::get<modalities::CubeBlock>(batch.blocks.at(std::string("cube_") + survey));
    const auto& maps = std::get<modalities::MapBlock>(batch.blocks.at(std::string("maps_lines_") + survey));
    EXPECT_EQ(maps.layers.size(), 5u);
    for (size_t i = 0; i < 24; ++i) {
      const bool galaxy = kind.value[i] == 0;
      EXPECT_EQ(cube.present[i], magnitude.value[i] < 20.5);
      EXPECT_EQ(maps.present[i], galaxy && magnitude.value[i] < 20.5);
      EXPECT_EQ(velocity.present[i], galaxy);
      galaxies += galaxy;
    }
  }
  EXPECT_GT(galaxies, 4);
}

TEST(CubeRows, AnObjectIsTheSameWhateverElseIsObserved) {
  const auto alone = observe(3, 5, 3, {"manga"}), beside = observe(3, 0, 12, {"legacy", "manga"});
  const auto& one = std::get<modalities::CubeBlock>(alone.blocks.at("cube_manga"));
  const auto other = modalities::select(beside.blocks.at("cube_manga"), {5, 6, 7});
  EXPECT_EQ(one.flux, std::get<modalities::CubeBlock>(other).flux);
  EXPECT_EQ(one.mask, std::get<modalities::CubeBlock>(other).mask);
  const auto scalars = observe_scalars(3, 5, 3, {"manga"});
  EXPECT_FALSE(scalars.blocks.contains("cube_manga"));
  EXPECT_EQ(std::get<modalities::ScalarBlock>(scalars.blocks.at("rotation_velocity")).value,
            std::get<modalities::ScalarBlock>(alone.blocks.at("rotation_velocity")).value);
}

}  // namespace
}  // namespace asterism::sky
