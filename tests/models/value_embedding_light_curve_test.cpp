#include "models/value_embedding_light_curve.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "modalities/light_curve.h"
#include "models/wrap.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

using Points = std::vector<modalities::LightCurvePoint>;

const Points kRise = {{59000, 0, 1, 0.1f}, {59003, 1, 4, 0.2f}, {59010, 0, 2, 0.1f}};

modalities::LightCurveBlock curves(const std::vector<Points>& objects, int64_t length, const std::string& unit) {
  auto block = modalities::make_light_curves(int64_t(objects.size()), length,
                                             {{"ztf-g", 4800, 1400}, {"ztf-r", 6400, 1500}}, unit, "MJD");
  for (size_t i = 0; i < objects.size(); ++i) modalities::set_points(block, int64_t(i), objects[i]);
  return block;
}

struct LightCurveEmbeddingFixture {
  LightCurveEmbeddingFixture() : embedding(nn::Scope(parameters, 1), "light_curve_ztf", {"ztf-r"}, 8) {}
  at::Tensor embed(const modalities::LightCurveBlock& block, const std::vector<int64_t>& positions) {
    return embedding.embed(embedding.view(block), at::zeros({int64_t(positions.size())}, at::kLong), copied(positions));
  }
  nn::Parameters parameters;
  ValueEmbeddingLightCurve embedding;
};

TEST(ValueEmbeddingLightCurve, PointsThatAreThereAreUsable) {
  LightCurveEmbeddingFixture f;
  auto points = kRise;
  points.push_back({59012, 1, 3, 0.2f, true});
  points.push_back({59013, 1, 3, 0.2f, false, true});
  auto block = curves({points, {}, kRise}, 6, "nanomaggy");
  block.present[2] = 0;
  const auto view = f.embedding.view(block);
  EXPECT_EQ(view.usable_NP, (std::vector<uint8_t>{1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}))
      << "masked, limits, padding and absent ones are not";
}

TEST(ValueEmbeddingLightCurve, NeitherPaddingNorTheDayOfTheFirstPointChangesAnything) {
  LightCurveEmbeddingFixture f;
  const auto before = f.embed(curves({kRise}, 3, "nanomaggy"), {0, 1, 2});
  EXPECT_TRUE(at::equal(before, f.embed(curves({kRise}, 9, "nanomaggy"), {0, 1, 2})));
  auto later = kRise;
  for (auto& p : later) p.time_day += 1000;
  EXPECT_TRUE(at::allclose(before, f.embed(curves({later}, 3, "nanomaggy"), {0, 1, 2}), 1e-5, 1e-5));
  later[1].time_day += 0.5;
  EXPECT_FALSE(at::allclose(before[1], f.embed(curves({later}, 3, "nanomaggy"), {0, 1, 2})[1], 1e-3, 1e-3))
      << "half a day does";
}

TEST(ValueEmbeddingLightCurve, ValueErrorAndBandAreTold) {
  LightCurveEmbeddingFixture f;
  const auto before = f.embed(curves({kRise}, 3, "nanomaggy"), {1});
  for (int what = 0; what < 3; ++what) {
    auto other = kRise;
    if (what == 0) other[1].value = 5;
    if (what == 1) other[1].error = 0.4f;
    if (what == 2) other[1].band = 0;
    EXPECT_FALSE(at::allclose(before, f.embed(curves({other}, 3, "nanomaggy"), {1}), 1e-4, 1e-4)) << what;
  }
  EXPECT_FALSE(at::allclose(before, f.embed(curves({kRise}, 3, "mag"), {1}), 1e-4, 1e-4));
}

TEST(ValueEmbeddingLightCurve, AnythingStaysFinite) {
  LightCurveEmbeddingFixture f;
  for (const char* unit : {"mag", "nanomaggy", "counts"})
    for (const float value : {0.0f, -5.0f, 3e37f}) {
      const auto x = f.embed(
          curves({{{59000, 0, value, 0}, {59000, 1, value, 3e37f}, {1e9, 0, value, 1e-37f}}}, 3, unit), {0, 1, 2});
      EXPECT_TRUE(at::isfinite(x).all().item<bool>()) << unit << " " << value;
    }
  EXPECT_EQ(f.embedding.view(curves({{}}, 0, "mag")).usable_NP, std::vector<uint8_t>{0});
  EXPECT_THROW(f.embedding.view(tiny::sky(1).blocks.at("flux_g")), base::UserError);
}

}  // namespace
}  // namespace asterism::models
