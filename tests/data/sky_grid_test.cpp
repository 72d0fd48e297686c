#include "data/sky_grid.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "astro/sphere.h"
#include "base/random.h"

namespace asterism::data {
namespace {

TEST(SkyBuckets, CoverTheSphereWithPiecesAboutAsWideAsHigh) {
  for (const int64_t zones : {1, 2, 45, 200}) {
    const SkyBuckets buckets(zones);
    EXPECT_EQ(buckets.zones(), zones);
    EXPECT_LT(buckets.count(), 65535);
    for (int64_t z = 0; z < zones; ++z) {
      const double south = double(z) * buckets.height_deg() - 90;
      const double narrow =
          360 / double(buckets.in_zone(z)) *
          std::cos(std::min(std::abs(south), std::abs(south + buckets.height_deg())) * astro::kDegree);
      if (buckets.in_zone(z) > 8) {
        EXPECT_NEAR(narrow / buckets.height_deg(), 1, 0.35) << zones << " " << z;
      }
    }
    for (const double dec : {-90.0, -1e-12, 0.0, 89.999999999, 90.0})
      for (const double ra : {0.0, 1e-300, 180.0, std::nextafter(360.0, 0.0)}) {
        const int64_t zone = buckets.zone_of(dec), b = buckets.bucket_of(ra, dec);
        EXPECT_GE(b, buckets.first(zone));
        EXPECT_LT(b, buckets.first(zone) + buckets.in_zone(zone));
      }
  }
  EXPECT_EQ(SkyBuckets::zones_for(0), SkyBuckets::kMinZones);
  EXPECT_EQ(SkyBuckets::zones_for(int64_t{1} << 40), SkyBuckets::kMaxZones);
}

struct Sample {
  std::vector<double> ra, dec;
  Positions positions() const { return {ra, dec}; }
};

Sample crowded(int64_t n) {
  base::Random random(3, 0, 0, "sky grid test");
  Sample out;
  for (int64_t i = 0; i < n; ++i) {
    const bool field = i % 2 == 0;
    out.ra.push_back(field ? random.uniform(359.5, 360.5) : random.uniform(-360, 360));
    out.dec.push_back(field ? random.uniform(-1, 0) : std::asin(random.uniform(-1, 1)) / astro::kDegree);
  }
  out.dec[7] = std::nan("");
  out.ra[9] = std::numeric_limits<double>::infinity();
  return out;
}

TEST(DealOut, KeepsEveryRowWithAPositionOnceInItsBucketInOrder) {
  const Sample sample = crowded(600000);  // more than one chunk
  const SkyBuckets buckets(45);
  const BucketRows rows = deal_out(sample.positions(), buckets);
  EXPECT_EQ(rows.first.back(), 600000 - 2);
  std::vector<uint8_t> seen(sample.ra.size(), 0);
  for (int64_t b = 0; b < buckets.count(); ++b) {
    for (int64_t i = rows.first[size_t(b)]; i < rows.first[size_t(b) + 1]; ++i) {
      const SkyRow& row = rows.rows[size_t(i)];
      ++seen[size_t(row.row)];
      ASSERT_EQ(buckets.bucket_of(row.ra, row.dec), b);
      ASSERT_EQ(row.dec, sample.dec[size_t(row.row)]);
      ASSERT_TRUE(row.ra >= 0 && row.ra < 360);
      if (i > rows.first[size_t(b)]) {
        ASSERT_LT(rows.rows[size_t(i) - 1].row, row.row);
      }
    }
  }
  for (size_t i = 0; i < seen.size(); ++i) ASSERT_EQ(seen[i], i != 7 && i != 9) << i;
}

TEST(SkyGrid, EveryRowLiesInTheCellOfItsPlaceAndCrowdedCellsAreSorted) {
  Sample sample = crowded(20000);
  for (size_t i = 100; i < 200; ++i) sample.ra[i] = 77, sample.dec[i] = 12;  // 100 times the same place
  for (const bool one_of_each : {false, true}) {
    const SkyBuckets buckets(45);
    const SkyGrid grid(sample.positions(), buckets, 1 / 3600.0, one_of_each);
    int64_t rows = 0, crowded_cells = 0, hidden = 0;
    for (int64_t b = 0; b < buckets.count(); ++b) {
      const auto& bucket = grid.bucket(b);
      for (int64_t cell = bucket.first_cell; cell < bucket.end_cell; ++cell) {
        const int64_t x = (cell - bucket.first_cell) % bucket.cells, y = (cell - bucket.first_cell) / bucket.cells;
        rows += grid.end(cell) - grid.begin(cell);
        const bool sorted = grid.end(cell) - grid.begin(cell) > SkyGrid::kCrowded;
        crowded_cells += sorted;
        for (const SkyRow* p = grid.begin(cell); p < grid.end(cell); ++p) {
          if (sorted && p > grid.begin(cell)) {
            ASSERT_LE((p - 1)->dec, p->dec);
          }
          hidden += std::isinf(p->dec);
          if (std::isinf(p->dec)) continue;
          ASSERT_EQ(std::min(bucket.cells - 1, int64_t((p->ra - bucket.ra) * bucket.per_ra)), x);
          ASSERT_EQ(std::min(bucket.cells - 1, int64_t((p->dec - bucket.dec) * bucket.per_dec)), y);
        }
      }
    }
    EXPECT_EQ(rows, 20000 - 2);
    EXPECT_GT(crowded_cells, 0);
    EXPECT_EQ(hidden, one_of_each ? 99 : 0);
  }
}

}  // namespace
}  // namespace asterism::data
