#include "astro/healpix.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "base/random.h"
#include "golden.h"

namespace asterism::astro {
namespace {

TEST(Healpix, PixelsAndCentresOfAstropyHealpix) {
  for (const auto& row : golden_rows("pixel")) {
    const int order = std::stoi(row[0]);
    const int64_t pixel = std::stoll(row[3]);
    EXPECT_EQ(healpix_pixel(order, std::stod(row[1]), std::stod(row[2])), pixel)
        << order << " " << row[1] << " " << row[2];
    const SkyPosition centre = healpix_centre(order, pixel), expected{std::stod(row[4]), std::stod(row[5])};
    EXPECT_LT(separation_deg(centre, expected), 1e-12) << order << " " << pixel;
  }
}

TEST(Healpix, NeighboursOfAstropyHealpix) {
  for (const auto& row : golden_rows("neighbours")) {
    const auto found = healpix_neighbours(std::stoi(row[0]), std::stoll(row[1]));
    for (size_t i = 0; i < 8; ++i)
      EXPECT_EQ(found[i], std::stoll(row[2 + i])) << "order " << row[0] << " pixel " << row[1] << " side " << i;
  }
}

TEST(Healpix, CentreOfAPixelLiesInIt) {
  base::Random random(3, 0, 0, "healpix");
  for (int order = 0; order <= kMaxHealpixOrder; ++order)
    for (int i = 0; i < 200; ++i) {
      const int64_t pixel = int64_t(random.below(uint64_t(healpix_count(order))));
      const SkyPosition p = healpix_point(order, pixel, random.uniform(0.05, 0.95), random.uniform(0.05, 0.95));
      EXPECT_EQ(healpix_pixel(order, p.ra_deg, p.dec_deg), pixel) << "order " << order;
      if (order > 3) {
        EXPECT_EQ(healpix_pixel(order - 3, p.ra_deg, p.dec_deg), healpix_ancestor(pixel, order, order - 3));
      }
    }
}

TEST(Healpix, NeighboursAreMutual) {
  for (int order : {0, 1, 4})
    for (int64_t pixel = 0; pixel < healpix_count(order); ++pixel)
      for (const int64_t other : healpix_neighbours(order, pixel)) {
        if (other < 0) continue;
        const auto back = healpix_neighbours(order, other);
        EXPECT_NE(std::find(back.begin(), back.end(), pixel), back.end()) << order << ": " << pixel << " " << other;
      }
}

TEST(Healpix, CornersStayWithinTheStatedRadius) {
  base::Random random(4, 0, 0, "corners");
  for (int order : {0, 1, 2, 3, 8, 15}) {
    double farthest = 0;
    for (int i = 0; i < 3000; ++i) {
      const int64_t pixel =
          order < 4 ? i % healpix_count(order) : int64_t(random.below(uint64_t(healpix_count(order))));
      for (const SkyPosition& corner : healpix_corners(order, pixel))
        farthest = std::max(farthest, separation_deg(corner, healpix_centre(order, pixel)));
    }
    EXPECT_LE(farthest, healpix_radius_deg(order)) << order;
    EXPECT_GT(farthest, 0.7 * healpix_radius_deg(order)) << order;
  }
}

TEST(Healpix, ConeMissesNoPixel) {
  base::Random random(5, 0, 0, "cone");
  for (int i = 0; i < 40; ++i) {
    const SkyPosition centre{random.uniform(0, 360), i < 4 ? 89.9 * (i % 2 ? -1 : 1) : random.uniform(-90, 90)};
    const double radius = random.uniform(0.01, 8);
    const int order = 6;
    const auto found = healpix_cone(order, centre.ra_deg, centre.dec_deg, radius);
    EXPECT_TRUE(std::is_sorted(found.begin(), found.end()));
    for (int k = 0; k < 200; ++k) {
      const SkyPosition p = offset_by(centre, random.uniform(0, 360), radius * std::sqrt(random.uniform()));
      EXPECT_TRUE(std::binary_search(found.begin(), found.end(), healpix_pixel(order, p.ra_deg, p.dec_deg)));
    }
    const double area = double(found.size()) / double(healpix_count(order)) * 41252.96;
    const double reach = radius + 2 * healpix_radius_deg(order);
    EXPECT_LT(area, 3.2 * reach * reach);
  }
}

TEST(Healpix, RefusesWhatIsNotThere) {
  EXPECT_THROW(healpix_pixel(30, 0, 0), base::CheckError);
  EXPECT_THROW(healpix_pixel(3, 0, 90.1), base::CheckError);
  EXPECT_THROW(healpix_pixel(3, std::nan(""), 0), base::CheckError);
  EXPECT_THROW(healpix_centre(0, 12), base::CheckError);
}

}  // namespace
}  // namespace asterism::astro
