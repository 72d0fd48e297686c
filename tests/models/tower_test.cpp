#include "models/tower.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

TowerShape shape() {
  TowerShape s;
  s.transformer.width = 16;
  s.transformer.heads = 2;
  s.transformer.depth = 1;
  s.projection = 8;
  return s;
}

TEST(Tower, GivesUnitVectorsAndZerosWhereAbsent) {
  auto batch = tiny::sky(3);
  tiny::remove(batch, "image_legacy", 1);
  nn::Parameters parameters;
  const Tower tower(nn::Scope(parameters, 1), {{"image_legacy", tiny::sky_model().modalities.at("image_legacy")}},
                    shape());
  const auto out = tower(batch, {}, 1, {0, 0, false}, {});
  EXPECT_EQ(out.present_N, (std::vector<uint8_t>{1, 0, 1}));
  EXPECT_NEAR(out.vectors_NE[0].norm().item<float>(), 1, 1e-5);
  EXPECT_EQ(out.vectors_NE[1].norm().item<float>(), 0);
  const auto nobody = tower(modalities::select(batch, {1}), {}, 1, {0, 0, false}, {});
  EXPECT_EQ(nobody.vectors_NE.norm().item<float>(), 0);
}

TEST(Tower, ThinningIsKeyed) {
  const auto batch = tiny::sky(3);
  nn::Parameters parameters;
  const Tower tower(nn::Scope(parameters, 1), {{"spectrum_desi", tiny::sky_model().modalities.at("spectrum_desi")}},
                    shape());
  auto at_epoch = [&](int64_t epoch, double keep) { return tower(batch, {}, keep, {1, epoch, true}, {}).vectors_NE; };
  EXPECT_TRUE(at::equal(at_epoch(1, 0.4), at_epoch(1, 0.4)));
  EXPECT_FALSE(at::allclose(at_epoch(1, 0.4), at_epoch(2, 0.4)));
  EXPECT_TRUE(at::equal(at_epoch(1, 1), at_epoch(2, 1)));
}

TEST(Tower, ReadsOneImageOrSpectrumOrScalars) {
  nn::Parameters parameters;
  const auto all = tiny::sky_model().modalities;
  EXPECT_THROW(Tower(nn::Scope(parameters, 1), all, shape()), base::UserError);
  nn::Parameters others;
  EXPECT_THROW(Tower(nn::Scope(others, 1), {}, shape()), base::UserError);
}

}  // namespace
}  // namespace asterism::models
