#include "data/sky_region.h"

#include <gtest/gtest.h>

#include "astro/healpix.h"
#include "base/error.h"
#include "base/random.h"

namespace asterism::data {
namespace {

TEST(SkyRegion, ConesBoxesAndMocsHoldWhatTheyShould) {
  const SkyRegion cone{.cone = parse_cone("0,-1.5,1800")};
  EXPECT_TRUE(cone.contains(0.499, -1.5));
  EXPECT_TRUE(cone.contains(359.51, -1.5));
  EXPECT_FALSE(cone.contains(0.51, -1.5));
  EXPECT_FALSE(cone.contains(std::nan(""), -1.5));
  const SkyRegion box{.box = parse_box("350,10,-5,5")};
  EXPECT_TRUE(box.contains(355, 5) && box.contains(0, 0) && box.contains(10, -5) && box.contains(-10, 0));
  EXPECT_FALSE(box.contains(11, 0) || box.contains(340, 0) || box.contains(0, 5.001));
  const SkyRegion belt{.box = parse_box("0,360,-5,5")};
  EXPECT_TRUE(belt.contains(123, 4));
  const SkyRegion both{.cone = parse_cone("0,0,36000"), .box = parse_box("0,10,0,90")};
  EXPECT_TRUE(both.contains(5, 5));
  EXPECT_FALSE(both.contains(-5, 5));
}

// Whatever lies inside lies in a pixel, a range and a belt that may touch; and most of the sky is passed over.
TEST(SkyRegion, PrunesOnlyWhatHoldsNothing) {
  base::Random random(1, 0, 0, "sky region test");
  std::vector<SkyRegion> regions;
  for (const char* text : {"0,-1.5,1800", "12,89.99,600", "180,-90,3600", "45,30,0.5", "100,10,200000"})
    regions.push_back({.cone = parse_cone(text)});
  for (const char* text :
       {"350,10,-5,5", "20,20.001,30,30.001", "0,360,88,90", "100,300,-90,-80", "359.999,0.001,-0.1,0"})
    regions.push_back({.box = parse_box(text)});
  regions.push_back({.moc = MocRanges{{int64_t{5} << 50, int64_t{6} << 50}}});
  for (const SkyRegion& region : regions) {
    int64_t inside = 0, kept = 0;
    for (int i = 0; i < 3000; ++i) {
      double ra = random.uniform(0, 360), dec = std::asin(random.uniform(-1, 1)) / astro::kDegree;
      if (i % 2 == 0 && region.cone) {
        const auto p = astro::offset_by({region.cone->ra_deg, region.cone->dec_deg}, ra,
                                        random.uniform(0, 1.1) * region.cone->radius_arcsec / 3600);
        ra = p.ra_deg, dec = p.dec_deg;
      } else if (i % 2 == 0 && region.box) {
        const auto& b = *region.box;
        ra = b.west_deg + random.uniform(0, 1) * astro::wrap_ra(b.east_deg - b.west_deg);
        dec = random.uniform(b.south_deg, b.north_deg);
      }
      if (!region.contains(ra, dec)) continue;
      ++inside;
      ASSERT_TRUE(region.may_touch_belt(dec, dec));
      for (const int order : {0, 3, 8, 15, 29}) {
        const Pixel pixel{order, astro::healpix_pixel(order, ra, dec)};
        ASSERT_TRUE(region.may_touch(pixel)) << ra << " " << dec << " " << order;
        ASSERT_TRUE(region.may_touch(pixel.begin() > 1000 ? pixel.begin() - 1000 : 0, pixel.end()));
      }
    }
    EXPECT_GT(inside, 0);
    for (int64_t p = 0; p < astro::healpix_count(5); ++p) kept += region.may_touch(Pixel{5, p});
    EXPECT_LT(kept, astro::healpix_count(5) * 3 / 4);
  }
}

TEST(SkyRegion, RefusesWhatIsNoRegion) {
  for (const char* text : {"", "1,2", "1,2,3,4", "1,95,3", "1,2,-3", "a,2,3", "1,2,inf", "1,2,3 "})
    EXPECT_THROW(parse_cone(text), base::UserError) << text;
  for (const char* text : {"1,2,3", "1,2,5,4", "1,2,-91,4"}) EXPECT_THROW(parse_box(text), base::UserError) << text;
}

}  // namespace
}  // namespace asterism::data
