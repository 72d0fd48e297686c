#include "data/match.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "astro/sphere.h"
#include "base/error.h"
#include "base/signals.h"
#include "base/threads.h"

namespace asterism::data {
namespace {

// One list cut into zones of equal height in declination; within a zone, in order of right ascension.
struct Zones {
  double height_deg = 0;
  std::vector<int64_t> first;   // [zones + 1], places of the zone's rows below
  std::vector<int64_t> row;     // [rows with a position]
  std::vector<double> ra, dec;  // of those rows; ra in [0, 360)

  int64_t count() const { return int64_t(first.size()) - 1; }
  int64_t zone_of(double dec_deg) const {
    return std::clamp<int64_t>(int64_t((dec_deg + 90) / height_deg), 0, count() - 1);
  }
};

Zones zones_of(const Positions& p, double height_deg) {
  Zones out;
  out.height_deg = height_deg;
  const int64_t zones = int64_t(std::ceil(180 / height_deg)) + 1, n = int64_t(p.ra_deg.size());
  out.first.assign(size_t(zones) + 1, 0);
  std::vector<int32_t> zone(size_t(n), -1);
  for (int64_t i = 0; i < n; ++i) {
    const double ra = p.ra_deg[size_t(i)], dec = p.dec_deg[size_t(i)];
    if (!std::isfinite(ra) || !(dec >= -90 && dec <= 90)) continue;
    zone[size_t(i)] = int32_t(out.zone_of(dec));
    ++out.first[size_t(zone[size_t(i)]) + 1];
  }
  std::partial_sum(out.first.begin(), out.first.end(), out.first.begin());
  struct Entry {
    double ra;
    int64_t row;
  };
  std::vector<Entry> entries(size_t(out.first.back()));
  std::vector<int64_t> place(out.first.begin(), out.first.end() - 1);
  for (int64_t i = 0; i < n; ++i) {
    if (zone[size_t(i)] >= 0)
      entries[size_t(place[size_t(zone[size_t(i)])]++)] = {astro::wrap_ra(p.ra_deg[size_t(i)]), i};
  }
  out.row.resize(entries.size());
  out.ra.resize(entries.size());
  out.dec.resize(entries.size());
  base::parallel_for(size_t(zones), 4096, [&](size_t begin, size_t end) {
    for (size_t z = begin; z < end; ++z) {
      std::sort(entries.begin() + out.first[z], entries.begin() + out.first[z + 1],
                [](const Entry& a, const Entry& b) { return a.ra != b.ra ? a.ra < b.ra : a.row < b.row; });
    }
    for (int64_t k = out.first[begin]; k < out.first[end]; ++k) {
      out.ra[size_t(k)] = entries[size_t(k)].ra;
      out.row[size_t(k)] = entries[size_t(k)].row;
      out.dec[size_t(k)] = p.dec_deg[size_t(entries[size_t(k)].row)];
    }
  });
  return out;
}

// Half the width in right ascension of a circle of radius r about declination dec: asin(sin r / cos dec); the whole
// circle where it holds a pole.
double half_width_deg(double dec_deg, double radius_deg) {
  if (std::abs(dec_deg) + radius_deg >= 90) return 180;
  const double s = std::sin(radius_deg * astro::kDegree) / std::cos(dec_deg * astro::kDegree);
  return s >= 1 ? 180 : std::asin(s) / astro::kDegree * (1 + 1e-12) + 1e-12;
}

// The haversine formula: full precision at small separations without unit vectors of every row.
double separation_arcsec(double ra1, double dec1, double ra2, double dec2) {
  const double d = std::sin((dec1 - dec2) / 2 * astro::kDegree), r = std::sin((ra1 - ra2) / 2 * astro::kDegree);
  const double h = d * d + std::cos(dec1 * astro::kDegree) * std::cos(dec2 * astro::kDegree) * r * r;
  return 2 * std::asin(std::min(1.0, std::sqrt(h))) / astro::kArcsec;
}

// Collects the rows of b near one row of a after the other; rows of a come in the order of their zones and right
// ascensions, so the search in each zone of b starts where the last one did.
class Merger {
 public:
  Merger(const Zones& b, const MatchOptions& options)
      : b_(b), options_(options), radius_deg_(options.radius_arcsec / 3600) {}

  // A zone of a: every search in it is as wide as at its end nearer the pole, so that the left ends only move right.
  void begin_zone(int64_t zone, double height_deg) {
    const double south = double(zone) * height_deg - 90, north = south + height_deg;
    width_deg_ = half_width_deg(std::min(90.0, std::max(std::abs(south), std::abs(north))), radius_deg_);
    first_zone_ = std::max<int64_t>(0, zone - 1);
    last_zone_ = std::min(b_.count() - 1, zone + 1);
    for (int64_t z = first_zone_; z <= last_zone_; ++z) left_[z - first_zone_] = b_.first[size_t(z)];
  }

  void find(int64_t row, double ra, double dec, std::vector<Match>& out) {
    const size_t before = out.size();
    const double width = width_deg_;
    const int64_t low = std::max(first_zone_, b_.zone_of(std::max(-90.0, dec - radius_deg_)));
    const int64_t high = std::min(last_zone_, b_.zone_of(std::min(90.0, dec + radius_deg_)));
    for (int64_t z = low; z <= high; ++z) {
      const int64_t begin = b_.first[size_t(z)], end = b_.first[size_t(z) + 1];
      int64_t& left = left_[z - first_zone_];
      while (left < end && b_.ra[size_t(left)] < ra - width) ++left;
      scan(row, ra, dec, left, end, ra + width, out);
      if (ra - width < 0) scan(row, ra, dec, std::max(lower(begin, end, ra - width + 360), left), end, 361, out);
      if (ra + width >= 360) scan(row, ra, dec, begin, std::min(left, end), ra + width - 360, out);
    }
    settle(before, out);
  }

 private:
  int64_t lower(int64_t begin, int64_t end, double ra) const {
    return std::lower_bound(b_.ra.begin() + begin, b_.ra.begin() + end, ra) - b_.ra.begin();
  }

  void scan(int64_t row, double ra, double dec, int64_t begin, int64_t end, double highest_ra,
            std::vector<Match>& out) const {
    for (int64_t k = begin; k < end && b_.ra[size_t(k)] <= highest_ra; ++k) {
      const double other = b_.dec[size_t(k)];
      if (std::abs(other - dec) > radius_deg_ + 1e-12) continue;
      const double separation = separation_arcsec(ra, dec, b_.ra[size_t(k)], other);
      if (separation <= options_.radius_arcsec) out.push_back({row, b_.row[size_t(k)], separation});
    }
  }

  // Puts the matches of one row in order, without repeats (wide windows may be scanned twice), and keeps the nearest.
  void settle(size_t before, std::vector<Match>& out) const {
    if (out.size() - before < 2) return;
    const auto from = out.begin() + int64_t(before);
    std::sort(from, out.end(), [](const Match& x, const Match& y) {
      return x.separation_arcsec != y.separation_arcsec ? x.separation_arcsec < y.separation_arcsec : x.b < y.b;
    });
    out.erase(std::unique(from, out.end(), [](const Match& x, const Match& y) { return x.b == y.b; }), out.end());
    if (options_.nearest) out.resize(before + 1);
  }

  const Zones& b_;
  const MatchOptions& options_;
  double radius_deg_, width_deg_ = 180;
  int64_t first_zone_ = 0, last_zone_ = 0;
  int64_t left_[3] = {0, 0, 0};
};

}  // namespace

std::vector<Match> match(const Positions& a, const Positions& b, const MatchOptions& options) {
  ASTERISM_CHECK(a.ra_deg.size() == a.dec_deg.size() && b.ra_deg.size() == b.dec_deg.size());
  if (!(options.radius_arcsec > 0 && options.radius_arcsec <= 3600))
    base::user_error("a match radius of {} arcsec: it must lie above 0 and be at most 3600", options.radius_arcsec);
  // Zones as high as the radius at least (a circle then touches three of them), with some 16 rows of b in each.
  const double sixteen = 180 * 16 / double(std::max<size_t>(b.ra_deg.size(), 1));
  const double height = std::max({options.radius_arcsec / 3600 * (1 + 1e-9), std::min(sixteen, 1.0), 0.5 / 3600});
  const Zones za = zones_of(a, height), zb = zones_of(b, height);

  constexpr int64_t kZones = 1024;
  const int64_t chunks = (za.count() + kZones - 1) / kZones;
  std::vector<std::vector<Match>> found(size_t(chunks), std::vector<Match>{});
  base::parallel_for(size_t(chunks), 1, [&](size_t begin, size_t end) {
    for (size_t chunk = begin; chunk < end; ++chunk) {
      base::stop_if_requested("stopped by a signal; nothing was matched");
      Merger merger(zb, options);
      const int64_t last = std::min(za.count(), int64_t(chunk + 1) * kZones);
      for (int64_t z = int64_t(chunk) * kZones; z < last; ++z) {
        if (za.first[size_t(z)] == za.first[size_t(z) + 1]) continue;
        merger.begin_zone(z, za.height_deg);
        for (int64_t k = za.first[size_t(z)]; k < za.first[size_t(z) + 1]; ++k)
          merger.find(za.row[size_t(k)], za.ra[size_t(k)], za.dec[size_t(k)], found[chunk]);
      }
    }
  });
  std::vector<Match> out;
  size_t n = 0;
  for (const auto& f : found) n += f.size();
  out.reserve(n);
  for (const auto& f : found) out.insert(out.end(), f.begin(), f.end());
  std::stable_sort(out.begin(), out.end(), [](const Match& x, const Match& y) { return x.a < y.a; });
  return out;
}

}  // namespace asterism::data
