#include "modalities/light_curve.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace asterism::modalities {
namespace {

LightCurveBlock sample_curves() {
  auto block = make_light_curves(3, 3, {{"g", 4800, 1300}, {"r", 6400, 1400}}, "mag", "MJD");
  set_points(block, 0, {{59001.5, 1, 20, 0.1F, false, false}, {59000, 0, 21, 0, true, false}});
  set_points(block, 2, {{59003, 0, 19, 0.2F, false, true}});
  return block;
}

TEST(LightCurve, PointsAreSortedAndLimitsMasked) {
  const auto block = sample_curves();
  EXPECT_NO_THROW(check("l", block));
  EXPECT_EQ(block.time_day, (base::AlignedVector<double>{59000, 59001.5, 0, 0, 0, 0, 59003, 0, 0}));
  EXPECT_EQ(block.band, (base::AlignedVector<int32_t>{0, 1, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(block.mask, (base::AlignedVector<uint8_t>{1, 0, 1, 1, 1, 1, 1, 1, 1}));
  EXPECT_EQ(block.upper_limit, (base::AlignedVector<uint8_t>{0, 0, 0, 0, 0, 0, 1, 0, 0}));
  EXPECT_EQ(block.count, (base::AlignedVector<int32_t>{2, 0, 1}));
}

TEST(LightCurve, BrokenPromisesAreNamed) {
  const auto broken = [](auto change) {
    auto block = sample_curves();
    change(block);
    EXPECT_THROW(check("l", block), base::DataError);
  };
  broken([](auto& b) { b.value[1] = std::nanf(""); });
  broken([](auto& b) { b.error[1] = -1; });
  broken([](auto& b) { b.band[1] = 2; });
  broken([](auto& b) { b.time_day[0] = 59002; });  // later than the next point
  broken([](auto& b) { b.mask[6] = 0; });          // a limit that is no longer masked
  broken([](auto& b) { b.value[2] = 1; });         // in the padding
  broken([](auto& b) { b.count[1] = 1; });         // points of an absent object
  broken([](auto& b) { b.count[0] = 4; });
  broken([](auto& b) { b.time_system = "JD"; });
  broken([](auto& b) { b.upper_limit.pop_back(); });
}

TEST(LightCurve, JoiningMatchesBandsByName) {
  const auto a = sample_curves();
  auto b = make_light_curves(1, 1, {{"i", 7500, 0}, {"g", 4800, 1300}}, "mag", "MJD");
  set_points(b, 0, {{59000, 1, 18, 0.1F, false, false}});
  const auto joined = concatenate(std::vector<const LightCurveBlock*>{&a, &b});
  EXPECT_NO_THROW(check("joined", joined));
  ASSERT_EQ(joined.bands.size(), 3U);
  EXPECT_EQ(joined.bands[2].name, "i");
  EXPECT_EQ(joined.band[9], 0);  // g of b is g of a
  EXPECT_EQ(joined.length, 3);

  auto other = b;
  other.bands[1].wavelength_angstrom = 5000;
  EXPECT_THROW(concatenate(std::vector<const LightCurveBlock*>{&a, &other}), base::DataError);
  auto flux = b;
  flux.unit = "nanomaggy";
  EXPECT_THROW(concatenate(std::vector<const LightCurveBlock*>{&a, &flux}), base::DataError);
  auto days = b;
  days.time_system = "day";
  EXPECT_THROW(concatenate(std::vector<const LightCurveBlock*>{&a, &days}), base::DataError);
}

}  // namespace
}  // namespace asterism::modalities
