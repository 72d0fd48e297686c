#include "tokenizers/bin_edges.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/random.h"

namespace asterism::tokenizers {
namespace {

std::vector<int64_t> counts(const std::vector<double>& edges, const std::vector<double>& values) {
  std::vector<int64_t> out(edges.size() - 1);
  for (const double v : values) {
    const auto bin = std::upper_bound(edges.begin(), edges.end(), v) - edges.begin() - 1;
    ++out[size_t(std::clamp<int64_t>(bin, 0, int64_t(out.size()) - 1))];
  }
  return out;
}

std::vector<double> sorted_normals(int64_t n) {
  base::Random random(3, 0, 0, "bins");
  std::vector<double> v;
  for (int64_t i = 0; i < n; ++i) v.push_back(random.normal());
  std::sort(v.begin(), v.end());
  return v;
}

TEST(BinEdges, EqualMass) {
  const auto v = sorted_normals(10000);
  const auto edges = equal_mass_edges(v, 64);
  ASSERT_EQ(edges.size(), 65u);
  EXPECT_TRUE(std::is_sorted(edges.begin(), edges.end(), std::less_equal<>()));
  for (const auto c : counts(edges, v)) EXPECT_NEAR(double(c), 10000.0 / 64, 2);
}

TEST(BinEdges, RepeatedValuesGetABinOfTheirOwn) {
  auto v = sorted_normals(5000);
  v.insert(std::lower_bound(v.begin(), v.end(), 0.0), 5000, 0.0);
  const auto edges = equal_mass_edges(v, 33);
  const auto c = counts(edges, v);
  EXPECT_GE(*std::max_element(c.begin(), c.end()), 5000);
  EXPECT_LT(*std::max_element(c.begin(), c.end()), 5160);
  auto rest = c;
  std::sort(rest.begin(), rest.end());
  EXPECT_GT(rest[0], 5000 / 32 / 2);  // the others share what is left nearly evenly
  EXPECT_LT(rest[31], 5000 / 32 * 1.5);
}

TEST(BinEdges, FewerValuesThanBins) {
  const std::vector<double> v{0, 0, 0, 1, 1, 2};
  const auto edges = equal_mass_edges(v, 8);
  ASSERT_EQ(edges.size(), 9u);
  EXPECT_TRUE(std::is_sorted(edges.begin(), edges.end(), std::less_equal<>()));
  const auto c = counts(edges, v);
  EXPECT_EQ(std::count_if(c.begin(), c.end(), [](int64_t x) { return x > 0; }), 3);
  EXPECT_THROW(equal_mass_edges(std::vector<double>{1, std::nextafter(1, 2)}, 8), base::UserError);
}

TEST(BinEdges, EvenInAsinh) {
  const auto edges = even_edges(-2, 1000, 50, 0.5);
  for (size_t i = 0; i + 2 < edges.size(); ++i)
    EXPECT_NEAR(std::asinh(edges[i + 1] / 0.5) - std::asinh(edges[i] / 0.5),
                std::asinh(edges[i + 2] / 0.5) - std::asinh(edges[i + 1] / 0.5), 1e-9);
  EXPECT_EQ(even_edges(0, 4, 4, 0)[1], 1);
}

// The errors rise from 0.1 to 2.1, with a scatter that the medians take out.
TEST(BinEdges, AsWideAsTheErrorsAroundThem) {
  base::Random random(5, 0, 0, "errors");
  std::vector<MeasuredValue> sample;
  const auto error_at = [](double value) { return 0.1 + 0.02 * value; };
  for (int i = 0; i < 20000; ++i) {
    const double value = 100 * (double(i) + 0.5) / 20000;
    sample.push_back({value, error_at(value) * std::exp(0.2 * random.normal())});
  }
  const auto edges = error_edges(sample, 0, 100, 40);
  ASSERT_EQ(edges.size(), 41u);
  EXPECT_EQ(edges.front(), 0);
  EXPECT_EQ(edges.back(), 100);
  const double share = std::log(21) / 0.02 / 40;  // the integral of 1 / error, over the bins
  for (size_t i = 0; i + 1 < edges.size(); ++i)
    EXPECT_NEAR((edges[i + 1] - edges[i]) / error_at((edges[i] + edges[i + 1]) / 2), share, 0.12 * share) << i;
}

TEST(BinEdges, OneErrorIsThatOfAllBins) {
  const std::vector<MeasuredValue> one{{1, 0.5}}, same(100, MeasuredValue{3, 0.2});
  for (const auto& sample : {one, same})
    for (size_t i = 0; i <= 5; ++i) EXPECT_NEAR(error_edges(sample, 0, 10, 5)[i], 2 * double(i), 1e-12);
  EXPECT_EQ(error_edges(one, 5, 7, 2)[1], 6) << "a sample below the lowest edge";
  EXPECT_THROW(error_edges(one, 1, std::nextafter(1, 2), 8), base::UserError);
  const std::vector<MeasuredValue> tiny{{1, 1e-320}};
  EXPECT_THROW(error_edges(tiny, 0, 10, 8), base::UserError) << "more errors than numbers can count";
}

TEST(BinEdges, CentresAreMediansOrMiddles) {
  const std::vector<double> edges{0, 1, 2, 3}, v{0.1, 0.2, 0.9, 3.0};
  const auto centres = bin_centres(edges, v);
  EXPECT_DOUBLE_EQ(centres[0], 0.2);
  EXPECT_DOUBLE_EQ(centres[1], 1.5);
  EXPECT_DOUBLE_EQ(centres[2], 3.0);
}

TEST(BinEdges, NaturalSoftening) {
  const std::vector<double> v{0, 1, 2, 3, 4};
  EXPECT_DOUBLE_EQ(natural_softening(v, {3, 1, 2}), 2);
  EXPECT_DOUBLE_EQ(natural_softening(v, {}), 0.2);
}

}  // namespace
}  // namespace asterism::tokenizers
