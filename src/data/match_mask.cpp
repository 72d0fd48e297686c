#include "data/match_mask.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "astro/sphere.h"
#include "base/error.h"

namespace asterism::data {
namespace {

constexpr double kCellRadii = 32;  // the height of a cell; fewer of them hold more than one list's share of rows
constexpr int64_t kMostZones = 1 << 17;
constexpr int64_t kBitsARow = 32;  // asked for; a quarter of it is the least that tells rows apart
constexpr int64_t kBlock = 256;    // rows whose bits are fetched together

// Half the width in right ascension of a circle about a row whose distance to the equator is at most `dec`. Rounded up.
double half_width_deg(double dec, double radius) {
  if (dec + radius >= 90) return 180;
  const double s = std::sin(radius * astro::kDegree) / std::cos(dec * astro::kDegree);
  return s >= 1 ? 180 : std::asin(s) / astro::kDegree * (1 + 1e-9) + 1e-9;
}

double in_circle(double ra) { return ra >= 0 && ra < 360 ? ra : astro::wrap_ra(ra); }

}  // namespace

MatchMask::MatchMask(double radius_arcsec, int64_t rows, int64_t max_bytes) {
  const int64_t most = std::min(rows * kBitsARow, max_bytes * 8);
  const auto bits = int64_t(std::bit_floor(uint64_t(std::max<int64_t>(most, 1))));
  const double radius = radius_arcsec / 3600;
  if (bits < rows * kBitsARow / 4 || bits < 64 || radius > 1) return;
  shift_ = 64 - std::countr_zero(uint64_t(bits));
  bits_.words = base::HugeArray<uint64_t>(size_t(bits / 64));
  reach_deg_ = radius * (1 + 1e-9) + 1e-9;
  const auto zones = std::clamp<int64_t>(int64_t(180 / (kCellRadii * radius)), 1, kMostZones);
  per_degree_ = double(zones) / 180;
  reach_zones_ = reach_deg_ * per_degree_ + 1e-9;
  for (int64_t z = 0; z < zones; ++z) {
    const double south = std::abs(double(z) / per_degree_ - 90), north = std::abs(double(z + 1) / per_degree_ - 90);
    const auto cells =
        std::max<int64_t>(1, int64_t(360 * per_degree_ * std::cos(std::min(south, north) * astro::kDegree)));
    const double scale = double(cells) / 360, width = half_width_deg(std::max(south, north), reach_deg_);
    zones_.push_back({scale, width, width * scale + 1e-9, cells});
  }
}

int64_t MatchMask::zone_of(double dec) const {
  return std::clamp<int64_t>(int64_t((dec + 90) * per_degree_), 0, int64_t(zones_.size()) - 1);
}

MatchMask::Place MatchMask::place_of(double ra, double dec) const {
  const double y = (dec + 90) * per_degree_;
  const int64_t zone = std::clamp<int64_t>(int64_t(y), 0, int64_t(zones_.size()) - 1);
  const Zone& z = zones_[size_t(zone)];
  const double x = in_circle(ra) * z.scale;
  const int64_t cell = std::min(z.cells - 1, int64_t(x));
  const double in_zone = y - double(zone), in_cell = x - double(cell);
  return {bit_of(zone, cell),
          !(in_zone > reach_zones_ && in_zone < 1 - reach_zones_ && in_cell > z.margin && in_cell < 1 - z.margin)};
}

void MatchMask::add(std::span<const double> ra, std::span<const double> dec) {
  ASTERISM_CHECK(ra.size() == dec.size() && useful());
  std::array<uint64_t, kBlock> bits;
  for (size_t from = 0; from < ra.size(); from += kBlock) {
    const size_t n = std::min<size_t>(kBlock, ra.size() - from);
    size_t placed = 0;
    for (size_t i = from; i < from + n; ++i) {
      if (!std::isfinite(ra[i]) || !std::isfinite(dec[i])) continue;
      bits[placed] = place_of(ra[i], dec[i]).bit;
      __builtin_prefetch(&bits_.words[bits[placed++] / 64], 1);
    }
    for (size_t i = 0; i < placed; ++i) bits_.words[bits[i] / 64] |= uint64_t{1} << bits[i] % 64;
  }
}

bool MatchMask::any_set(int64_t zone, double west, double east) const {
  const Zone& z = zones_[size_t(zone)];
  const auto down = [](double x) { return int64_t(x) - (x < 0 ? 1 : 0); };  // at most one cell too far
  const int64_t first = down(west * z.scale), last = down(east * z.scale);
  for (int64_t c = first; c <= last; ++c)
    if (is_set(bit_of(zone, c < 0 ? c + z.cells : c >= z.cells ? c - z.cells : c))) return true;
  return false;
}

bool MatchMask::any_around(double ra_deg, double dec) const {
  const double ra = in_circle(ra_deg), width = zones_[size_t(zone_of(dec))].width;
  // Close to a pole, or a circle over many cells: not worth a look.
  if (width >= 90 || zones_[size_t(zone_of(dec))].margin > 16) return true;
  const int64_t last = zone_of(std::min(90.0, dec + reach_deg_));
  for (int64_t zone = zone_of(std::max(-90.0, dec - reach_deg_)); zone <= last; ++zone)
    if (any_set(zone, ra - width, ra + width)) return true;
  return false;
}

bool MatchMask::may_match(double ra_deg, double dec_deg) const {
  const Place place = place_of(ra_deg, dec_deg);
  return is_set(place.bit) || (place.near_edge && any_around(ra_deg, dec_deg));
}

int64_t MatchMask::keep_possible(SkyColumns& rows) const {
  int64_t kept = 0;
  const size_t n = rows.ra_deg.size();
  std::array<Place, kBlock> places;
  for (size_t from = 0; from < n; from += kBlock) {
    const size_t to = std::min<size_t>(n, from + kBlock);
    for (size_t i = from; i < to; ++i) {
      if (!std::isfinite(rows.ra_deg[i]) || !std::isfinite(rows.dec_deg[i])) continue;
      places[i - from] = place_of(rows.ra_deg[i], rows.dec_deg[i]);
      __builtin_prefetch(&bits_.words[places[i - from].bit / 64]);
    }
    for (size_t i = from; i < to; ++i) {
      if (!std::isfinite(rows.ra_deg[i]) || !std::isfinite(rows.dec_deg[i])) continue;
      const Place place = places[i - from];
      if (is_set(place.bit) || (place.near_edge && any_around(rows.ra_deg[i], rows.dec_deg[i]))) {
        ++kept;
      } else {
        rows.ra_deg[i] = rows.dec_deg[i] = std::numeric_limits<double>::quiet_NaN();
      }
    }
  }
  return kept;
}

}  // namespace asterism::data
