#include "tokenizers/rebin.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "base/random.h"

namespace asterism::tokenizers {
namespace {

struct Spectrum {
  std::vector<float> w, f, v;
  std::vector<uint8_t> m;
  SpectrumRow row() const { return {w, f, v, m}; }
};

Spectrum linear(int64_t n, double first, double step) {
  Spectrum s;
  for (int64_t i = 0; i < n; ++i) {
    s.w.push_back(float(first + step * double(i)));
    s.f.push_back(float(i));
    s.v.push_back(2);
    s.m.push_back(0);
  }
  return s;
}

TEST(Rebin, EdgesAreEvenInWhatTheySay) {
  const auto line = grid_edges(4000, 8000, 4, false), log = grid_edges(4000, 8000, 4, true);
  EXPECT_DOUBLE_EQ(line[1], 5000);
  EXPECT_NEAR(log[2], std::sqrt(4000.0 * 8000), 1e-9);
  EXPECT_EQ(log.back(), 8000);
}

TEST(Rebin, TwoWholePixelsMakeTheirMean) {
  const auto s = linear(8, 4000.5, 1);  // pixels [4000, 4001) ...
  std::vector<float> f(4), v(4);
  ASSERT_TRUE(rebin(s.row(), grid_edges(4000, 4008, 4, false), f, v));
  for (int i = 0; i < 4; ++i) {
    EXPECT_NEAR(f[size_t(i)], 2 * i + 0.5, 1e-4);
    EXPECT_NEAR(v[size_t(i)], 4, 1e-4);
  }
}

TEST(Rebin, InformationIsKeptWhateverTheGrids) {
  auto s = linear(200, 4000, 7.3);
  base::Random random(1, 0, 0, "rebin");
  double all = 0;
  for (auto& v : s.v) all += v = float(random.uniform(0.5, 3));
  for (const int64_t pixels : {7, 50, 199, 1000}) {
    std::vector<float> f(size_t(pixels), 0), v(size_t(pixels), 0);
    ASSERT_TRUE(rebin(s.row(), grid_edges(3900, 6000, pixels, true), f, v));
    EXPECT_NEAR(std::accumulate(v.begin(), v.end(), 0.0), all, 1e-3 * all) << pixels;
  }
}

TEST(Rebin, BadPixelsHaveNoInfluence) {
  auto s = linear(8, 4000.5, 1), spoiled = s;
  s.m[3] = spoiled.m[3] = 1;
  spoiled.f[3] = NAN;
  spoiled.v[3] = INFINITY;
  std::vector<float> f(4), v(4), f2(4), v2(4);
  rebin(s.row(), grid_edges(4000, 4008, 4, false), f, v);
  rebin(spoiled.row(), grid_edges(4000, 4008, 4, false), f2, v2);
  EXPECT_EQ(f, f2);
  EXPECT_EQ(v, v2);
  EXPECT_NEAR(f[1], 2, 1e-4);
  for (auto& m : s.m) m = 1;
  rebin(s.row(), grid_edges(4000, 4008, 4, false), f, v);
  EXPECT_EQ(v, std::vector<float>(4, 0));
}

TEST(Rebin, TheSharesOfAPixelInsideTheGridMakeOne) {
  const auto s = linear(50, 4000, 7.3);
  const auto found = overlaps(s.w, grid_edges(3900, 4500, 33, true));
  ASSERT_TRUE(found.has_value());
  std::vector<double> sum(50, 0);
  for (const auto& [from, to, share] : *found) {
    EXPECT_GT(share, 0);
    EXPECT_LT(to, 33);
    sum[size_t(from)] += share;
  }
  for (const double whole : sum) EXPECT_NEAR(whole, 1, 1e-9);
  EXPECT_FALSE(overlaps(std::vector<float>{4000, 3999}, grid_edges(3900, 4500, 33, true)).has_value());
}

TEST(Rebin, RefusesGridsThatDoNotIncrease) {
  std::vector<float> f(4), v(4);
  const auto edges = grid_edges(4000, 4008, 4, false);
  auto s = linear(8, 4000.5, 1);
  s.w[4] = s.w[3];
  EXPECT_FALSE(rebin(s.row(), edges, f, v));
  s = linear(8, 4000.5, 1);
  s.w[4] = 0;  // padding in the middle
  EXPECT_FALSE(rebin(s.row(), edges, f, v));
  s = linear(8, 4000.5, 1);
  s.w[7] = NAN;
  EXPECT_FALSE(rebin(s.row(), edges, f, v));
  s = linear(8, 4000.5, 1);
  s.w[6] = s.w[7] = 0;
  EXPECT_TRUE(rebin(s.row(), edges, f, v));
}

TEST(Interpolation, IsLinearBetweenCentres) {
  const auto edges = grid_edges(4000, 4010, 10, false);
  const std::vector<float> wanted{3999, 4000, 4000.5f, 4001, 4009.9f, 4010.1f};
  const auto places = interpolation(edges, false, wanted);
  EXPECT_EQ(places.inside, (std::vector<uint8_t>{0, 1, 1, 1, 1, 0}));
  EXPECT_EQ(places.left[3], 0);
  EXPECT_NEAR(places.weight[3], 0.5, 1e-5);
  EXPECT_NEAR(double(places.left[4]) + places.weight[4], 9, 1e-5);  // beyond the last centre: held
}

TEST(Rebin, TheMeanIsOfWhatIsKnown) {
  auto s = linear(20, 100, 1);
  std::vector<float> values(20, 4.0f), out(3);
  values[4] = 8;
  for (size_t i = 8; i < 12; ++i) values[i] = 0;  // not known
  const std::vector<double> edges{103.5, 105.5, 107.5, 111.5};
  ASSERT_TRUE(mean_of_known(s.w, values, edges, out));
  EXPECT_NEAR(out[0], 6, 1e-5);
  EXPECT_NEAR(out[1], 4, 1e-5);
  EXPECT_EQ(out[2], 0);
  std::swap(s.w[3], s.w[4]);
  EXPECT_FALSE(mean_of_known(s.w, values, edges, out));
}

}  // namespace
}  // namespace asterism::tokenizers
