#include "data/match_mask.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "data/match.h"
#include "tests/data/match_files.h"

namespace asterism::data {
namespace {

// Poles, RA 0, crowded places and exact repeats are in these lists.
TEST(MatchMask, LosesNoPair) {
  const SkyList a = sky_list(5, 4000, 400);
  SkyList b = sky_list(6, 5000, 400);
  for (size_t i = 0; i < 500; ++i) b.ra[i] = a.ra[i], b.dec[i] = a.dec[i];
  for (const double radius : {0.01, 3.0, 100.0, 3000.0}) {
    MatchMask mask(radius, 5000, 1 << 20);
    ASSERT_TRUE(mask.useful());
    mask.add(b.ra, b.dec);
    SkyColumns rows;
    rows.ra_deg = a.ra;
    rows.dec_deg = a.dec;
    const int64_t kept = mask.keep_possible(rows);
    EXPECT_LE(kept, 4000);
    const auto pairs = match(a.positions(), b.positions(), {.radius_arcsec = radius, .nearest = false});
    EXPECT_GT(pairs.size(), 0u);
    for (const Match& pair : pairs) {
      EXPECT_EQ(rows.ra_deg[size_t(pair.a)], a.ra[size_t(pair.a)]) << "radius " << radius << ", row " << pair.a;
      EXPECT_TRUE(mask.may_match(a.ra[size_t(pair.a)], a.dec[size_t(pair.a)]));
    }
  }
}

TEST(MatchMask, LeavesOutMostOfWhatIsAlone) {
  base::Random random(7, 0, 0, "mask");
  SkyColumns a, b;
  for (SkyColumns* list : {&a, &b}) {
    for (int i = 0; i < 20000; ++i) {
      list->ra_deg.push_back(random.uniform(0, 360));
      list->dec_deg.push_back(std::asin(random.uniform(-1, 1)) * 57.29577951308232);
    }
  }
  a.ra_deg[17] = std::nan("");
  MatchMask mask(1, 20000, 1 << 20);
  ASSERT_TRUE(mask.useful());
  mask.add(b.ra_deg, b.dec_deg);
  const int64_t kept = mask.keep_possible(a);
  EXPECT_LT(kept, 2000);  // the bits are a twentieth full at most
  int64_t placed = 0;
  for (const double ra : a.ra_deg) placed += std::isfinite(ra);
  EXPECT_EQ(placed, kept);
}

TEST(MatchMask, WithoutMemoryItIsOfNoUse) {
  EXPECT_FALSE(MatchMask(1, 1000000, 1000).useful());
  EXPECT_FALSE(MatchMask(1, 0, 1 << 20).useful());
  EXPECT_FALSE(MatchMask(3600 * 60, 1000, 1 << 20).useful());  // circles of 60 degrees leave nothing out
}

}  // namespace
}  // namespace asterism::data
