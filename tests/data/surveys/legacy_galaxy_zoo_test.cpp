#include "data/surveys/legacy_galaxy_zoo.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

std::filesystem::path zoo_folder() { return shared_folder() / "realdata" / "legacy_galaxy_zoo"; }

TEST(LegacyGalaxyZoo, FirstRowsAreThoseOfTheTable) {
  if (!std::filesystem::exists(zoo_folder())) GTEST_SKIP() << "no " << zoo_folder() << ": set ASTERISM_SHARED";
  BadRows bad(0);
  const auto import = open_legacy_galaxy_zoo({zoo_folder()}, {}, bad);
  EXPECT_EQ(import->expected_rows(), 750);
  const auto batch = import->next();
  EXPECT_EQ(batch->objects[0].id, "587724240151707835");
  EXPECT_NEAR(batch->objects[0].dec_deg, -9.19975, 1e-9);
  const auto& picture = std::get<modalities::ImageBlock>(batch->blocks.at("rgb_image"));
  EXPECT_EQ(picture.height, 424);
  EXPECT_EQ(picture.unit, "display");
  EXPECT_EQ(picture.pixel_scale_arcsec, 0) << "the file does not say";
  EXPECT_NEAR(std::get<modalities::ScalarBlock>(batch->blocks.at("spiral_fraction")).value[0], 0.983, 1e-12);
  EXPECT_EQ(std::get<modalities::ScalarBlock>(batch->blocks.at("votes")).value[0], 58);
  EXPECT_EQ(std::get<modalities::ScalarBlock>(batch->blocks.at("galaxy_zoo_class")).value[0], 0);
}

TEST(LegacyGalaxyZoo, ReducingKeepsTheMean) {
  auto block =
      modalities::make_images(2, {{"red", 0, 0}, {"green", 0, 0}, {"blue", 0, 0}}, 21, 21, "display", 0, false);
  base::Random random(1, 0, 0, "reduce");
  for (auto& v : block.flux) v = float(random.uniform());
  for (const int64_t size : {7, 10, 21}) {
    const auto small = reduced(block, size);
    EXPECT_EQ(small.height, size);
    double before = 0, after = 0;
    for (int64_t i = 0; i < 21 * 21; ++i) before += double(block.flux[size_t(i)]) / (21 * 21);
    for (int64_t i = 0; i < size * size; ++i) after += double(small.flux[size_t(i)]) / double(size * size);
    EXPECT_NEAR(before, after, 1e-5);
    if (size == 21) {
      EXPECT_EQ(small.flux, block.flux);
    }
  }
  double first = 0;
  for (int y = 0; y < 3; ++y) {
    for (int x = 0; x < 3; ++x) first += double(block.flux[size_t(y * 21 + x)]) / 9;
  }
  EXPECT_NEAR(reduced(block, 7).flux[0], first, 1e-6);
  EXPECT_THROW(reduced(block, 22), base::DataError);
}

}  // namespace
}  // namespace asterism::data
