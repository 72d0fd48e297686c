#include "data/match.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "astro/sphere.h"
#include "base/error.h"
#include "base/signals.h"
#include "base/threads.h"

namespace asterism::data {
namespace {

// Series of sine and arc sine, to the last bit or two below kSmall (the next terms are below 1e-17 of the value there).
constexpr double kSmall = 0.03;
double sine(double x) {
  if (std::abs(x) > kSmall) return std::sin(x);
  const double s = x * x;
  return x - x * s * (1.0 / 6) * (1 - s * (1.0 / 20) * (1 - s * (1.0 / 42)));
}
double arc_sine(double x) {
  if (x > kSmall) return std::asin(std::min(1.0, x));
  const double s = x * x;
  return x + x * s * (1.0 / 6 + s * (3.0 / 40 + s * (15.0 / 336 + s * (105.0 / 3456))));
}

// The haversine formula. Differences of close coordinates are exact, across RA = 0 too (360 is taken away first), so
// that the result is as precise as they are.
double separation(double ra1, double dec1, double cos1, double ra2, double dec2) {
  const double across = ra1 - ra2 > 180 ? (ra1 - 360) - ra2 : ra2 - ra1 > 180 ? (ra2 - 360) - ra1 : ra1 - ra2;
  const double d = sine((dec1 - dec2) * (astro::kDegree / 2)), r = sine(across * (astro::kDegree / 2));
  const double h = d * d + cos1 * std::cos(dec2 * astro::kDegree) * r * r;
  return 2 / astro::kArcsec * arc_sine(std::sqrt(h));
}

// Half the width in right ascension of a circle of radius r about declination dec: asin(sin r / cos dec); the whole
// circle where it holds a pole. Rounded up.
double half_width_deg(double dec_deg, double radius_deg) {
  if (std::abs(dec_deg) + radius_deg >= 90) return 180;
  const double s = std::sin(radius_deg * astro::kDegree) / std::cos(dec_deg * astro::kDegree);
  return s >= 1 ? 180 : std::min(180.0, std::asin(s) / astro::kDegree * (1 + 1e-12) + 1e-12);
}

// half_width_deg of the end nearer the pole of the narrow zone of declination that a row lies in.
class Widths {
 public:
  explicit Widths(double radius_deg) : width_(kZones) {
    constexpr double kHeight = 180.0 / kZones;
    for (int64_t z = 0; z < kZones; ++z) {
      const double south = double(z) * kHeight - 90, north = south + kHeight;
      width_[size_t(z)] = half_width_deg(std::min(90.0, std::max(std::abs(south), std::abs(north))), radius_deg);
    }
  }
  double at(double dec) const {
    return width_[size_t(std::clamp<int64_t>(int64_t((dec + 90) * (kZones / 180.0)), 0, kZones - 1))];
  }

 private:
  static constexpr int64_t kZones = 7200;
  std::vector<double> width_;
};

// Finds the rows of b near one row of a after the other.
class Finder {
 public:
  Finder(const SkyGrid& b, const Widths& widths, const MatchOptions& options, std::vector<Match>& out)
      : b_(b),
        widths_(widths),
        nearest_(options.nearest),
        radius_arcsec_(options.radius_arcsec),
        radius_deg_(options.radius_arcsec / 3600),
        out_(out) {}

  void find(const SkyRow& a, int64_t bucket) {
    a_ = a;
    cos_ = std::cos(a.dec * astro::kDegree);
    best_ = {a.row, -1, std::numeric_limits<double>::infinity()};
    const size_t before = out_.size();
    limit_arcsec_ = radius_arcsec_;
    reach_deg_ = radius_deg_ * (1 + 1e-12) + 1e-12;
    if (!in_one_cell(bucket)) {
      if (nearest_) {
        widen(bucket);
      } else {
        visit(radius_deg_);
        settle(before);
      }
    }
    if (nearest_ && best_.b >= 0) out_.push_back(best_);
  }

 private:
  // Most circles lie within one cell; they need no trigonometry.
  bool in_one_cell(int64_t number) {
    const auto& bucket = b_.bucket(number);
    const double y = (a_.dec - bucket.dec) * bucket.per_dec, height = radius_deg_ * bucket.per_dec * (1 + 1e-9) + 1e-9;
    const double south = std::floor(y - height), k = double(bucket.cells);
    if (south < 0 || y + height >= std::min(south + 1, k)) return false;
    width_ = widths_.at(a_.dec);
    const double x = (a_.ra - bucket.ra) * bucket.per_ra, wide = width_ * bucket.per_ra * (1 + 1e-9) + 1e-9;
    const double west = std::floor(x - wide);
    if (west < 0 || x + wide >= std::min(west + 1, k)) return false;
    scan(bucket.first_cell + int64_t(south) * bucket.cells + int64_t(west));
    if (!nearest_) settle(out_.size() - found_here_);
    return true;
  }

  // The nearest within a wide radius, by circles that grow until one holds a row: first about as wide as a cell.
  void widen(int64_t number) {
    const double cell = 1 / b_.bucket(number).per_dec;
    for (double radius = std::min(radius_deg_, cell);; radius = std::min(radius_deg_, 2 * radius)) {
      limit_arcsec_ = radius == radius_deg_ ? radius_arcsec_ : radius * 3600;
      reach_deg_ = radius * (1 + 1e-12) + 1e-12;
      visit(radius);
      if (best_.b >= 0 || radius == radius_deg_) return;
    }
  }

  // Every cell that a circle touches.
  void visit(double radius) {
    width_ = half_width_deg(a_.dec, radius);
    found_here_ = 0;
    const SkyBuckets& buckets = b_.buckets();
    const double south = a_.dec - reach_deg_, north = a_.dec + reach_deg_;
    const int64_t last = buckets.zone_of(std::min(90.0, north));
    for (int64_t zone = buckets.zone_of(std::max(-90.0, south)); zone <= last; ++zone) {
      if (width_ >= 180) {
        scan_zone(zone, south, north, 0, 360);
        continue;
      }
      const double west = a_.ra - width_, east = a_.ra + width_;
      scan_zone(zone, south, north, std::max(0.0, west), std::min(360.0, east));
      if (west < 0) scan_zone(zone, south, north, west + 360, 360);
      if (east >= 360) scan_zone(zone, south, north, 0, east - 360);
    }
  }

  void scan_zone(int64_t zone, double south, double north, double west, double east) {
    const SkyBuckets& buckets = b_.buckets();
    const int64_t last = buckets.first(zone) + buckets.piece_of(zone, east);
    for (int64_t b = buckets.first(zone) + buckets.piece_of(zone, west); b <= last; ++b) {
      if (b_.empty(b)) continue;
      const auto& bucket = b_.bucket(b);
      const auto place = [&](double offset, double scale) {
        return std::clamp<int64_t>(int64_t(std::floor(offset * scale)), 0, bucket.cells - 1);
      };
      const int64_t x0 = place(west - bucket.ra, bucket.per_ra), x1 = place(east - bucket.ra, bucket.per_ra);
      const int64_t y1 = place(north - bucket.dec, bucket.per_dec);
      for (int64_t y = place(south - bucket.dec, bucket.per_dec); y <= y1; ++y) {
        for (int64_t x = x0; x <= x1; ++x) scan(bucket.first_cell + y * bucket.cells + x);
      }
    }
  }

  void scan(int64_t cell) {
    const SkyRow* p = b_.begin(cell);
    const SkyRow* end = b_.end(cell);
    if (end - p > SkyGrid::kCrowded) {
      p = std::lower_bound(p, end, a_.dec - reach_deg_, [](const SkyRow& r, double dec) { return r.dec < dec; });
      end = std::upper_bound(p, end, a_.dec + reach_deg_, [](double dec, const SkyRow& r) { return dec < r.dec; });
    }
    for (; p < end; ++p) {
      if (std::abs(p->dec - a_.dec) > reach_deg_) continue;
      double across = std::abs(p->ra - a_.ra);
      if (across > 180) across = 360 - across;
      if (across <= width_) weigh(*p);
    }
  }

  void weigh(const SkyRow& b) {
    const double s = separation(a_.ra, a_.dec, cos_, b.ra, b.dec);
    if (!(s <= limit_arcsec_)) return;
    if (!nearest_) {
      out_.push_back({a_.row, b.row, s});
      ++found_here_;
    } else if (s < best_.separation_arcsec || (s == best_.separation_arcsec && b.row < best_.b)) {
      best_.b = b.row;
      best_.separation_arcsec = s;
    }
  }

  // Puts the matches of one row in order, without repeats (near a pole a cell may have been seen twice).
  void settle(size_t before) {
    found_here_ = 0;
    if (out_.size() - before < 2) return;
    const auto from = out_.begin() + int64_t(before);
    std::sort(from, out_.end(), [](const Match& x, const Match& y) {
      return x.separation_arcsec != y.separation_arcsec ? x.separation_arcsec < y.separation_arcsec : x.b < y.b;
    });
    out_.erase(std::unique(from, out_.end(), [](const Match& x, const Match& y) { return x.b == y.b; }), out_.end());
  }

  const SkyGrid& b_;
  const Widths& widths_;
  const bool nearest_;
  const double radius_arcsec_, radius_deg_;
  std::vector<Match>& out_;
  SkyRow a_;
  double cos_ = 1, width_ = 180, limit_arcsec_ = 0, reach_deg_ = 0;
  size_t found_here_ = 0;
  Match best_;
};

// The matches of all parts by row of a; those of one row stay in their order. Row numbers lie below `rows`; 0:
// anywhere.
std::vector<Match> in_order(const std::vector<std::vector<Match>>& parts, int64_t rows) {
  size_t n = 0;
  for (const auto& part : parts) n += part.size();
  std::vector<Match> out;
  if (rows == 0 || n * 16 < size_t(rows)) {
    out.reserve(n);
    for (const auto& part : parts) out.insert(out.end(), part.begin(), part.end());
    std::stable_sort(out.begin(), out.end(), [](const Match& x, const Match& y) { return x.a < y.a; });
    return out;
  }
  out.resize(n);
  base::HugeArray<int64_t> next(size_t(rows) + 1);
  for (const auto& part : parts) {
    for (const Match& m : part) ++next[size_t(m.a) + 1];
  }
  for (size_t i = 1; i < next.size(); ++i) next[i] += next[i - 1];
  for (const auto& part : parts) {
    for (const Match& m : part) out[size_t(next[size_t(m.a)]++)] = m;
  }
  return out;
}

}  // namespace

double match_separation_arcsec(double ra1, double dec1, double ra2, double dec2) {
  return separation(ra1, dec1, std::cos(dec1 * astro::kDegree), ra2, dec2);
}

std::vector<Match> mutual_only(const std::vector<Match>& pairs, const std::vector<Match>& reverse) {
  std::vector<Match> out;
  for (const Match& pair : pairs) {
    auto at =
        std::lower_bound(reverse.begin(), reverse.end(), pair.b, [](const Match& m, int64_t row) { return m.a < row; });
    while (at != reverse.end() && at->a == pair.b && at->b != pair.a) ++at;
    if (at != reverse.end() && at->a == pair.b) out.push_back(pair);
  }
  return out;
}

std::vector<Match> match(const Positions& a, const Positions& b, const MatchOptions& options) {
  ASTERISM_CHECK(a.ra_deg.size() == a.dec_deg.size() && b.ra_deg.size() == b.dec_deg.size());
  if (!(options.radius_arcsec > 0 && options.radius_arcsec <= kMaxRadiusArcsec))
    base::user_error("a match radius of {} arcsec: it must lie above 0 and be at most {}", options.radius_arcsec,
                     kMaxRadiusArcsec);
  const SkyBuckets buckets(SkyBuckets::zones_for(int64_t(b.ra_deg.size())));
  const SkyGrid grid(b, buckets, options.radius_arcsec / 3600, options.nearest);
  const Widths widths(options.radius_arcsec / 3600);
  const BucketRows rows = deal_out(a, buckets);
  constexpr size_t kBuckets = 16;
  std::vector<std::vector<Match>> found((size_t(buckets.count()) + kBuckets - 1) / kBuckets);
  base::parallel_for(size_t(buckets.count()), kBuckets, [&](size_t begin, size_t end) {
    Finder finder(grid, widths, options, found[begin / kBuckets]);
    for (size_t bucket = begin; bucket < end; ++bucket) {
      for (int64_t i = rows.first[bucket]; i < rows.first[bucket + 1]; ++i)
        finder.find(rows.rows[size_t(i)], int64_t(bucket));
    }
  });
  return in_order(found, a.row.empty() ? int64_t(a.ra_deg.size()) : 0);
}

}  // namespace asterism::data
