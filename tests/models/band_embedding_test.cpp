#include "models/band_embedding.h"

#include <gtest/gtest.h>

#include "tiny_sky.h"

namespace asterism::models {
namespace {

TEST(BandEmbedding, DependsOnThePsfOfTheObject) {
  nn::Parameters parameters;
  const BandEmbedding bands(nn::Scope(parameters, 1), {"des-g"}, 8);
  auto image = tiny::image(2);
  const auto same = bands(image);
  EXPECT_EQ(same.gate_NCD.sizes(), (std::vector<int64_t>{2, 3, 8}));
  EXPECT_TRUE(at::allclose(same.gate_NCD[0], same.gate_NCD[1], 1e-5, 1e-6));
  EXPECT_FALSE(at::allclose(same.gate_NCD[0][0], same.gate_NCD[0][1]));
  image.psf_fwhm_arcsec[3] = 2.5f;  // object 1, first band
  const auto other = bands(image);
  EXPECT_FALSE(at::allclose(other.shift_NCD[1][0], same.shift_NCD[1][0]));
  EXPECT_TRUE(at::allclose(other.shift_NCD[1][1], same.shift_NCD[1][1], 1e-5, 1e-6));
}

TEST(BandEmbedding, NothingKnownIsFiniteAndNamesStillCount) {
  nn::Parameters parameters;
  const BandEmbedding bands(nn::Scope(parameters, 1), {"red", "green"}, 8);
  const auto image =
      modalities::make_images(1, {{"red", 0, 0}, {"green", 0, 0}, {"blue", 0, 0}}, 4, 4, "display", 0, false);
  const auto film = bands(image);
  EXPECT_TRUE(at::isfinite(film.gate_NCD).all().item<bool>());
  EXPECT_FALSE(at::allclose(film.gate_NCD[0][0], film.gate_NCD[0][1]));
}

}  // namespace
}  // namespace asterism::models
