#pragma once
// Positions on the sky sorted into a grid that follows their density: the index of the cross-match.
//
// Two levels. Buckets: zones of equal height in declination, each cut in right ascension into pieces about as wide as
// high; there are few enough of them that rows can be dealt out in one pass over memory. Cells: each bucket is cut into
// k x k cells, about one row in each, so that a crowded field gets cells as fine as it needs. Within a cell that is
// crowded all the same (repeated positions) rows lie in order of declination.

#include <cstdint>
#include <span>
#include <vector>

#include "base/huge_array.h"

namespace asterism::data {

struct Positions {
  std::span<const double> ra_deg, dec_deg;  // ICRS; of equal length. NaN: no position, matches nothing
  std::span<const int64_t> row = {};        // the number that each row goes by; none given: 0, 1, 2 ...
};

// Where the buckets lie; the same for every list that is to be matched.
class SkyBuckets {
 public:
  explicit SkyBuckets(int64_t zones);  // 180 / zones degrees high; at most kMaxZones

  static constexpr int64_t kMinZones = 45, kMaxZones = 200;
  static int64_t zones_for(int64_t rows);  // so that a bucket holds some thousands of so many rows, evenly spread

  int64_t zones() const { return int64_t(first_.size()) - 1; }
  int64_t count() const { return first_.back(); }
  double height_deg() const { return height_; }
  int64_t first(int64_t zone) const { return first_[size_t(zone)]; }  // its buckets are first .. first + in_zone - 1
  int64_t in_zone(int64_t zone) const { return first_[size_t(zone) + 1] - first_[size_t(zone)]; }

  // ra in [0, 360), dec in [-90, 90]; both functions never decrease with their argument.
  int64_t zone_of(double dec) const {
    const auto z = int64_t((dec + 90) * per_degree_);
    return z < 0 ? 0 : z >= zones() ? zones() - 1 : z;
  }
  int64_t piece_of(int64_t zone, double ra) const {
    const auto p = int64_t(ra * scale_[size_t(zone)]);
    return p < 0 ? 0 : p >= in_zone(zone) ? in_zone(zone) - 1 : p;
  }
  int64_t bucket_of(double ra, double dec) const {
    const int64_t zone = zone_of(dec);
    return first(zone) + piece_of(zone, ra);
  }

 private:
  double height_ = 0, per_degree_ = 0;
  std::vector<int64_t> first_;  // [zones + 1]
  std::vector<double> scale_;   // pieces a degree of right ascension
};

// A row with a position: ra in [0, 360).
struct SkyRow {
  double ra = 0, dec = 0;
  int64_t row = 0;
};

// The rows that have a position, dealt out to their buckets; within a bucket in their order.
struct BucketRows {
  base::HugeArray<SkyRow> rows;
  std::vector<int64_t> first;  // [buckets + 1]
};
BucketRows deal_out(const Positions& positions, const SkyBuckets& buckets);

// A list ready to be searched.
class SkyGrid {
 public:
  // radius_deg: of the searches to come; cells are not made much smaller. one_of_each: rows that repeat a position
  // exactly need not all be found, the lowest is enough.
  SkyGrid(const Positions& positions, const SkyBuckets& buckets, double radius_deg, bool one_of_each);

  struct Bucket {
    double ra = 0, dec = 0;                // of its corner
    double per_ra = 0, per_dec = 0;        // cells a degree
    int64_t cells = 1;                     // k
    int64_t first_cell = 0, end_cell = 0;  // places in cell_first()
  };
  static constexpr int64_t kCrowded = 24;  // cells with more rows than this are sorted by declination

  const SkyBuckets& buckets() const { return buckets_; }
  const Bucket& bucket(int64_t b) const { return index_[size_t(b)]; }
  bool empty(int64_t b) const { return rows_.first[size_t(b)] == rows_.first[size_t(b) + 1]; }
  const SkyRow* begin(int64_t cell) const { return rows_.rows.data() + cell_first_[size_t(cell)]; }
  const SkyRow* end(int64_t cell) const { return rows_.rows.data() + cell_first_[size_t(cell) + 1]; }

 private:
  void fill(int64_t b, bool one_of_each);

  SkyBuckets buckets_;
  BucketRows rows_;
  std::vector<Bucket> index_;
  base::HugeArray<uint32_t> cell_first_;  // one for each cell, and one more for each bucket
};

}  // namespace asterism::data
