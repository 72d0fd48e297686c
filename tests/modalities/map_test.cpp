#include "modalities/map.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace asterism::modalities {
namespace {

MapBlock sample_map(bool integer) {
  MapBlock block = make_maps(2, {{"source", ""}, {"share", ""}}, 1, 2, 0.2, integer, false);
  block.present = {1, 0};
  block.value = {0, 3, 2, 1, 0, 0, 0, 0};
  block.mask = {0, 0, 0, 1, 1, 1, 1, 1};
  block.ivar = {1, 1, 1, 0, 0, 0, 0, 0};
  return block;
}

TEST(Map, KeepsItsPromises) {
  EXPECT_NO_THROW(check("m", sample_map(true)));
  auto share = sample_map(false);
  share.value[1] = 0.5f;
  EXPECT_NO_THROW(check("m", share));
  share.integer = true;  // half a label
  EXPECT_THROW(check("m", share), base::DataError);
  auto negative = sample_map(true);
  negative.value[0] = -1;
  EXPECT_THROW(check("m", negative), base::DataError);
  auto nan = sample_map(false);
  nan.value[2] = std::nanf("");
  EXPECT_THROW(check("m", nan), base::DataError);
  auto masked = sample_map(true);
  masked.ivar[3] = 1;
  EXPECT_THROW(check("m", masked), base::DataError);
  auto absent = sample_map(true);
  absent.value[5] = 1;
  EXPECT_THROW(check("m", absent), base::DataError);
  auto shorter = sample_map(true);
  shorter.mask.pop_back();
  EXPECT_THROW(check("m", shorter), base::DataError);
}

TEST(Map, JoinsOnlyWhatIsAlike) {
  const auto block = sample_map(true), picked = select(block, {1, 0, 0});
  EXPECT_EQ(picked.present, (base::AlignedVector<uint8_t>{0, 1, 1}));
  const auto joined = concatenate(std::vector<const MapBlock*>{&block, &picked});
  EXPECT_EQ(joined.n, 5);
  EXPECT_EQ(joined.value[17], 3);
  auto other = sample_map(true);
  other.layers[1].unit = "km/s";
  EXPECT_THROW(concatenate(std::vector<const MapBlock*>{&block, &other}), base::DataError);
  other = sample_map(false);
  EXPECT_THROW(concatenate(std::vector<const MapBlock*>{&block, &other}), base::DataError);
}

TEST(Map, ThroughImagesAndBack) {
  const auto block = sample_map(true);
  const ImageBlock images = as_images(block);
  ASSERT_EQ(images.bands.size(), 2u);
  EXPECT_EQ(images.bands[1].name, "share");
  EXPECT_EQ(images.flux, block.value);
  const auto back = as_maps(images, block.layers, true);
  EXPECT_EQ(back.value, block.value);
  EXPECT_EQ(back.mask, block.mask);
  EXPECT_EQ(back.present, block.present);
}

}  // namespace
}  // namespace asterism::modalities
