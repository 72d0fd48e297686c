#include "data/sky_grid.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "astro/sphere.h"
#include "base/error.h"
#include "base/threads.h"

namespace asterism::data {
namespace {

constexpr uint16_t kNowhere = std::numeric_limits<uint16_t>::max();
constexpr int64_t kChunk = 1 << 18;  // rows dealt out in one go

double in_circle(double ra) { return ra >= 0 && ra < 360 ? ra : astro::wrap_ra(ra); }

bool before(const SkyRow& x, const SkyRow& y) {
  return x.dec != y.dec ? x.dec < y.dec : x.ra != y.ra ? x.ra < y.ra : x.row < y.row;
}

// Rows that repeat the position of the one before them go where no search looks: to the end, at declination infinity.
void put_repeats_last(SkyRow* begin, SkyRow* end) {
  const auto same = [](const SkyRow& x, const SkyRow& y) { return x.dec == y.dec && x.ra == y.ra; };
  for (SkyRow* p = std::unique(begin, end, same); p != end; ++p) p->dec = std::numeric_limits<double>::infinity();
}

}  // namespace

SkyBuckets::SkyBuckets(int64_t zones) : height_(180 / double(zones)), per_degree_(double(zones) / 180) {
  ASTERISM_CHECK(zones >= 1 && zones <= kMaxZones, "{} zones", zones);
  first_ = {0};
  for (int64_t z = 0; z < zones; ++z) {
    const double south = -90 + double(z) * height_, north = south + height_;
    const double widest = south <= 0 && north >= 0 ? 0 : std::min(std::abs(south), std::abs(north));
    const auto pieces = std::max<int64_t>(1, int64_t(std::lround(360 / height_ * std::cos(widest * astro::kDegree))));
    first_.push_back(first_.back() + pieces);
    scale_.push_back(double(pieces) / 360);
  }
}

int64_t SkyBuckets::zones_for(int64_t rows) {
  constexpr double kRowsInBucket = 4096;
  const double buckets = double(std::max<int64_t>(rows, 1)) / kRowsInBucket;
  return std::clamp<int64_t>(int64_t(std::sqrt(buckets / 1.27)), kMinZones, kMaxZones);
}

BucketRows deal_out(const Positions& p, const SkyBuckets& buckets) {
  const auto n = int64_t(p.ra_deg.size()), count = buckets.count();
  ASTERISM_CHECK(n < int64_t{1} << 32 && count < kNowhere && p.dec_deg.size() == p.ra_deg.size() &&
                 (p.row.empty() || p.row.size() == p.ra_deg.size()));
  const int64_t chunks = std::max<int64_t>(1, (n + kChunk - 1) / kChunk);
  std::vector<uint16_t> bucket(static_cast<size_t>(n));
  std::vector<int64_t> places(size_t(chunks * count), 0);  // [chunk, bucket]: first counts, then where to put the next
  const auto each_chunk = [&](auto&& body) {
    base::parallel_for(size_t(chunks), 1, [&](size_t begin, size_t end) {
      for (size_t c = begin; c < end; ++c)
        body(places.data() + int64_t(c) * count, int64_t(c) * kChunk, std::min(n, int64_t(c + 1) * kChunk));
    });
  };
  const double* ra = p.ra_deg.data();
  const double* dec = p.dec_deg.data();
  each_chunk([&](int64_t* counts, int64_t from, int64_t to) {
    for (int64_t i = from; i < to; ++i) {
      const bool placed = std::isfinite(ra[i]) && dec[i] >= -90 && dec[i] <= 90;
      const uint16_t b = placed ? uint16_t(buckets.bucket_of(in_circle(ra[i]), dec[i])) : kNowhere;
      bucket[size_t(i)] = b;
      if (placed) ++counts[b];
    }
  });
  BucketRows out;
  out.first.reserve(size_t(count) + 1);
  int64_t place = 0;
  for (int64_t b = 0; b < count; ++b) {
    out.first.push_back(place);
    for (int64_t c = 0; c < chunks; ++c) place += std::exchange(places[size_t(c * count + b)], place);
  }
  out.first.push_back(place);
  out.rows = base::HugeArray<SkyRow>(size_t(place));
  SkyRow* rows = out.rows.data();
  each_chunk([&](int64_t* next, int64_t from, int64_t to) {
    for (int64_t i = from; i < to; ++i) {
      if (bucket[size_t(i)] != kNowhere)
        rows[next[bucket[size_t(i)]]++] = {in_circle(ra[i]), dec[i], p.row.empty() ? i : p.row[size_t(i)]};
    }
  });
  return out;
}

SkyGrid::SkyGrid(const Positions& positions, const SkyBuckets& buckets, double radius_deg, bool one_of_each)
    : buckets_(buckets), rows_(deal_out(positions, buckets)), index_(size_t(buckets.count())) {
  const double height = buckets.height_deg();
  const auto finest = std::max<int64_t>(1, int64_t(std::min(2048.0, 2 * height / radius_deg)));
  int64_t cells = 0;
  for (int64_t zone = 0; zone < buckets.zones(); ++zone) {
    const double width = 360 / double(buckets.in_zone(zone));
    for (int64_t piece = 0; piece < buckets.in_zone(zone); ++piece) {
      const int64_t b = buckets.first(zone) + piece;
      const double rows = double(rows_.first[size_t(b) + 1] - rows_.first[size_t(b)]);
      const int64_t k = std::clamp<int64_t>(int64_t(std::sqrt(rows)), 1, finest);
      index_[size_t(b)] = {.ra = double(piece) * width,
                           .dec = double(zone) * height - 90,
                           .per_ra = double(k) / width,
                           .per_dec = double(k) / height,
                           .cells = k,
                           .first_cell = cells,
                           .end_cell = cells + k * k};
      cells += k * k + 1;
    }
  }
  cell_first_ = base::HugeArray<uint32_t>(size_t(cells));
  base::parallel_for(size_t(buckets.count()), 16, [&](size_t begin, size_t end) {
    for (size_t b = begin; b < end; ++b) fill(int64_t(b), one_of_each);
  });
}

// Sorts the rows of a bucket by cell, by counting.
void SkyGrid::fill(int64_t b, bool one_of_each) {
  const Bucket& bucket = index_[size_t(b)];
  const int64_t from = rows_.first[size_t(b)], n = rows_.first[size_t(b) + 1] - from, k = bucket.cells;
  uint32_t* first = cell_first_.data() + bucket.first_cell;
  SkyRow* rows = rows_.rows.data() + from;
  thread_local std::vector<SkyRow> copy;
  thread_local std::vector<uint32_t> cell;
  copy.assign(rows, rows + n);
  cell.resize(size_t(n));
  for (int64_t i = 0; i < n; ++i) {
    const auto x = int64_t((copy[size_t(i)].ra - bucket.ra) * bucket.per_ra);
    const auto y = int64_t((copy[size_t(i)].dec - bucket.dec) * bucket.per_dec);
    cell[size_t(i)] = uint32_t(std::clamp<int64_t>(y, 0, k - 1) * k + std::clamp<int64_t>(x, 0, k - 1));
    ++first[cell[size_t(i)]];
  }
  uint32_t place = uint32_t(from);
  for (int64_t c = 0; c < k * k; ++c) place += std::exchange(first[c], place);
  for (int64_t i = 0; i < n; ++i) rows_.rows[first[cell[size_t(i)]]++] = copy[size_t(i)];
  for (int64_t c = k * k; c > 0; --c) first[c] = first[c - 1];  // each had moved on to the end of its cell
  first[0] = uint32_t(from);
  for (int64_t c = 0; c < k * k; ++c) {
    if (int64_t(first[c + 1]) - int64_t(first[c]) <= kCrowded) continue;
    SkyRow* begin = rows_.rows.data() + first[c];
    SkyRow* end = rows_.rows.data() + first[c + 1];
    std::sort(begin, end, before);
    if (!one_of_each) continue;
    put_repeats_last(begin, end);
  }
}

}  // namespace asterism::data
