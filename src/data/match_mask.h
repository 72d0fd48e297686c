#pragma once
// A rough map of where a list has positions, to leave out rows of another list that can match none of them before they
// are written, sorted or searched.

#include <cstdint>
#include <span>
#include <vector>

#include "base/huge_array.h"
#include "data/match_input.h"

namespace asterism::data {

// One bit a cell of sky some radii wide, its place drawn by a hash: a set bit says that there may be a position.
class MatchMask {
 public:
  // For `rows` positions to be added, in at most max_bytes. useful() is false where that is too little to tell much;
  // then nothing else may be called.
  MatchMask(double radius_arcsec, int64_t rows, int64_t max_bytes);
  bool useful() const { return !bits_.empty(); }

  // Positions in degrees; what is not finite is passed over.
  void add(std::span<const double> ra_deg, std::span<const double> dec_deg);
  // False only where no added position lies within the radius.
  bool may_match(double ra_deg, double dec_deg) const;
  // Rows without a possible match lose their position (NaN). Returns how many are left.
  int64_t keep_possible(SkyColumns& rows) const;

 private:
  struct Zone {
    double scale = 0;   // cells a degree of right ascension
    double width = 0;   // degrees of right ascension that the radius reaches from a row of the zone; 180: all
    double margin = 0;  // the same in cells
    int64_t cells = 1;
  };
  // The bit of the cell that a row lies in, and whether its circle may touch others.
  struct Place {
    uint64_t bit;
    bool near_edge;
  };
  Place place_of(double ra_deg, double dec_deg) const;
  int64_t zone_of(double dec_deg) const;
  bool is_set(uint64_t bit) const { return bits_.words[bit / 64] >> bit % 64 & 1; }
  bool any_around(double ra_deg, double dec_deg) const;
  uint64_t bit_of(int64_t zone, int64_t cell) const {
    return (uint64_t(zone) << 32 | uint64_t(cell)) * 0x9E3779B97F4A7C15ull >> shift_;
  }
  bool any_set(int64_t zone, double west_deg, double east_deg) const;

  double reach_deg_ = 0, per_degree_ = 0, reach_zones_ = 0;
  int shift_ = 0;
  std::vector<Zone> zones_;
  struct Bits {  // not copied, all zero at first
    base::HugeArray<uint64_t> words;
    bool empty() const { return words.size() == 0; }
  } bits_;
};

}  // namespace asterism::data
