#include "data/match.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "astro/sphere.h"
#include "base/error.h"
#include "base/random.h"
#include "data/arrow_lists.h"
#include "io/parquet.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

struct List {
  std::vector<double> ra, dec;
  Positions positions() const { return {ra, dec}; }
  void add(astro::SkyPosition p) {
    ra.push_back(p.ra_deg);
    dec.push_back(p.dec_deg);
  }
};

std::vector<Match> brute_force(const List& a, const List& b, double radius, bool nearest) {
  std::vector<Match> out;
  for (size_t i = 0; i < a.ra.size(); ++i) {
    std::vector<Match> here;
    for (size_t j = 0; j < b.ra.size(); ++j) {
      if (std::isnan(a.ra[i]) || std::isnan(b.ra[j])) continue;
      const double s = astro::separation_deg({a.ra[i], a.dec[i]}, {b.ra[j], b.dec[j]}) * 3600;
      if (s <= radius) here.push_back({int64_t(i), int64_t(j), s});
    }
    std::sort(here.begin(), here.end(), [](const Match& x, const Match& y) {
      return x.separation_arcsec != y.separation_arcsec ? x.separation_arcsec < y.separation_arcsec : x.b < y.b;
    });
    if (nearest && !here.empty()) here.resize(1);
    out.insert(out.end(), here.begin(), here.end());
  }
  return out;
}

void expect_same_matches(const std::vector<Match>& found, const std::vector<Match>& truth) {
  ASSERT_EQ(found.size(), truth.size());
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].a, truth[i].a);
    EXPECT_NEAR(found[i].separation_arcsec, truth[i].separation_arcsec, 1e-9);
    if (found[i].b != truth[i].b) {
      EXPECT_EQ(found[i].separation_arcsec, truth[i].separation_arcsec) << "only at a tie";
    }
  }
}

// Positions all over the sky and crowded at the places where a careless matcher fails.
List hard_list(uint64_t seed, int64_t n, double radius) {
  base::Random random(seed, 0, 0, "match test");
  List out;
  const astro::SkyPosition places[] = {{0, 90}, {0, -90}, {0, 0}, {0, 60}, {180, -89.999}, {359.9999, 45}, {12, 89.9}};
  for (int64_t i = 0; i < n; ++i) {
    if (i % 2 == 0) {
      out.add({random.uniform(0, 360), std::asin(random.uniform(-1, 1)) / astro::kDegree});
    } else {
      const auto& centre = places[size_t(i / 2) % std::size(places)];
      out.add(astro::offset_by(centre, random.uniform(0, 360), random.uniform(0, 3) * radius / 3600));
    }
  }
  return out;
}

TEST(Match, FindsWhatBruteForceFinds) {
  for (const double radius : {0.02, 1.0, 30.0, 3600.0, 90000.0, 324000.0}) {
    const List a = hard_list(1, 400, radius), b = hard_list(2, 500, radius);
    for (const bool nearest : {true, false}) {
      SCOPED_TRACE(testing::Message() << radius << " " << nearest);
      const auto truth = brute_force(a, b, radius, nearest);
      EXPECT_GT(truth.size(), 50u);
      expect_same_matches(match(a.positions(), b.positions(), {.radius_arcsec = radius, .nearest = nearest}), truth);
    }
  }
}

TEST(Match, TiesGoToTheLowerRow) {
  const std::vector<double> ra = {10, 10, 10}, dec = {5, 5, 5}, one_ra = {10}, one_dec = {5};
  const auto found = match({one_ra, one_dec}, {ra, dec}, {.radius_arcsec = 1});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].b, 0);
  EXPECT_EQ(match({ra, dec}, {ra, dec}, {.radius_arcsec = 1, .nearest = false}).size(), 9u);
}

TEST(Match, RowsWithoutPositionMatchNothing) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> ra = {nan, 10}, dec = {0, 5};
  EXPECT_EQ(match({ra, dec}, {ra, dec}, {.radius_arcsec = 1, .nearest = false}).size(), 1u);
  EXPECT_TRUE(match({{}, {}}, {ra, dec}, {}).empty());
}

TEST(Match, RefusesABadRadius) {
  for (const double radius : {0.0, -1.0, 324001.0, std::nan("")})
    EXPECT_THROW(match({{}, {}}, {{}, {}}, {.radius_arcsec = radius}), base::UserError);
}

// Everything within one minute of arc, many rows at the same place: cells hold thousands of rows.
TEST(Match, CrowdedFieldsAndRepeatedPositions) {
  base::Random random(5, 0, 0, "crowded match");
  List a, b;
  for (int64_t i = 0; i < 700; ++i) {
    a.add({random.uniform(-1, 1) / 60, 60 + random.uniform(0, 1) / 60});
    b.add({random.uniform(-1, 1) / 60, 60 + random.uniform(0, 1) / 60});
    if (i % 3 == 0) b.add({a.ra[0], a.dec[0]});
  }
  for (const double radius : {0.3, 5.0, 120.0}) {
    for (const bool nearest : {true, false}) {
      if (!nearest && radius > 10) continue;
      SCOPED_TRACE(testing::Message() << radius << " " << nearest);
      expect_same_matches(match(a.positions(), b.positions(), {.radius_arcsec = radius, .nearest = nearest}),
                          brute_force(a, b, radius, nearest));
    }
  }
  const auto found = match({std::span(a.ra).first(1), std::span(a.dec).first(1)}, b.positions(), {.radius_arcsec = 1});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].b, 1);  // the first of hundreds
  EXPECT_EQ(found[0].separation_arcsec, 0);
}

// Offsets in declination are exact in doubles here, so the separation must be, to the last digits.
TEST(Match, SmallSeparationsKeepFullPrecision) {
  for (const double offset_deg : {0x1p-40, 0x1p-30, 0x1p-20, 0x1p-10}) {
    for (const double dec : {0.0, 45.0, -60.0}) {
      const double s = match_separation_arcsec(10, dec, 10, dec + offset_deg);
      EXPECT_NEAR(s / (offset_deg * 3600), 1, 1e-15);
    }
    const double at_equator = match_separation_arcsec(10, 0, 10 + offset_deg, 0);
    EXPECT_NEAR(at_equator / (offset_deg * 3600), 1, 1e-15);
    EXPECT_NEAR(match_separation_arcsec(360 - 0x1p-41, 0, offset_deg, 0) / ((offset_deg + 0x1p-41) * 3600), 1, 1e-15);
  }
  EXPECT_NEAR(match_separation_arcsec(0, 90, 123, -89), 179 * 3600.0, 1e-8);
  EXPECT_NEAR(match_separation_arcsec(0, 0, 3, 0), 3 * 3600.0, 1e-11);  // beyond the series
}

TEST(Match, RowsGoByTheirNumbers) {
  const std::vector<double> ra = {10, 10, 200}, dec = {5, 5, -5};
  const std::vector<int64_t> numbers = {50, 40, int64_t{1} << 40}, others = {7, 3, 1};
  const auto found = match({ra, dec, numbers}, {ra, dec, others}, {.radius_arcsec = 1});
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].a, 40);
  EXPECT_EQ(found[0].b, 3);  // the lower number, not the first row
  EXPECT_EQ(found[2].a, int64_t{1} << 40);
  EXPECT_EQ(found[2].b, 1);
}

TEST(Match, MutualKeepsPairsThatAreNearestBothWays) {
  const std::vector<double> ra_a = {0, 1.5 / 3600, 100}, ra_b = {1.0 / 3600, 100}, zero_a = {0, 0, 0}, zero_b = {0, 0};
  const Positions a{ra_a, zero_a}, b{ra_b, zero_b};
  const MatchOptions options{.radius_arcsec = 2};
  EXPECT_EQ(match(a, b, options).size(), 3u);
  const auto both = mutual_only(match(a, b, options), match(b, a, options));
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(both[0].a, 1);
  EXPECT_EQ(both[1].a, 2);
}

List read_positions(const std::filesystem::path& path) {
  const auto table = io::read_parquet(path, {"ra", "dec"});
  List out;
  out.ra.resize(size_t(table->num_rows()));
  out.dec.resize(size_t(table->num_rows()));
  read_doubles(*one_chunk(*table->column(0), "ra"), 0, table->num_rows(), out.ra.data(), nullptr, "ra");
  read_doubles(*one_chunk(*table->column(1), "dec"), 0, table->num_rows(), out.dec.data(), nullptr, "dec");
  return out;
}

// The pairs that LSDB found between the same two tables.
TEST(Match, AgreesWithLsdb) {
  const auto folder = shared_folder() / "fixtures" / "hats_tiny";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no " << folder << ": set ASTERISM_SHARED";
  const List a = read_positions(folder / "input" / "a.parquet"), b = read_positions(folder / "input" / "b.parquet");
  const auto lsdb = io::read_parquet(folder / "crossmatch_1arcsec.parquet");
  const auto found = match(a.positions(), b.positions(), {.radius_arcsec = 1});
  EXPECT_EQ(int64_t(found.size()), lsdb->num_rows());
  std::vector<double> theirs(size_t(lsdb->num_rows())), ours;
  read_doubles(*one_chunk(*lsdb->GetColumnByName("_dist_arcsec"), "distance"), 0, lsdb->num_rows(), theirs.data(),
               nullptr, "d");
  for (const auto& m : found) ours.push_back(m.separation_arcsec);
  std::sort(theirs.begin(), theirs.end());
  std::sort(ours.begin(), ours.end());
  for (size_t i = 0; i < std::min(ours.size(), theirs.size()); ++i) EXPECT_NEAR(ours[i], theirs[i], 1e-6);
}

}  // namespace
}  // namespace asterism::data
