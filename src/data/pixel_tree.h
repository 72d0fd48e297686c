#pragma once
// The pixels that tile a catalogue: HEALPix NEST pixels of several orders, none inside another. Positions are given as
// order-29 indices (`_healpix_29`), so that no trigonometry is needed here.

#include <cstdint>
#include <span>
#include <vector>

namespace asterism::data {

struct Pixel {
  int order = 0;
  int64_t npix = 0;
  int64_t begin() const { return npix << (2 * (29 - order)); }  // order-29 indices [begin, end) lie inside
  int64_t end() const { return (npix + 1) << (2 * (29 - order)); }
  bool operator==(const Pixel&) const = default;
};

struct PartitionRule {
  int64_t max_rows = 1000000;  // of one partition
  int lowest_order = 0;
  int highest_order = 18;  // 0.8": rows closer than that stay in one partition whatever max_rows says
  // false: each pixel is as coarse as max_rows allows: the fewest files. true: as hats-import does by default, siblings
  // are joined only where more than one of them holds rows, which hugs a small footprint more tightly.
  bool tight = false;
};

// The partitions of rows whose order-29 indices are given as sorted runs; in sky order; only pixels that hold rows.
std::vector<Pixel> partitions_of(const std::vector<std::span<const int64_t>>& sorted_runs, const PartitionRule& rule);

// Number of indices inside a pixel, over all runs.
int64_t rows_inside(const std::vector<std::span<const int64_t>>& sorted_runs, Pixel pixel);

// The coarsest pixels that tile what the partitions leave of the sphere, in sky order.
std::vector<Pixel> negative_pixels(const std::vector<Pixel>& partitions);

// Which of a set of disjoint pixels holds an order-29 index.
class PixelFinder {
 public:
  explicit PixelFinder(std::vector<Pixel> pixels);
  int64_t find(int64_t healpix29) const;                        // place in pixels(), -1 when none holds it
  const std::vector<Pixel>& pixels() const { return pixels_; }  // in sky order

 private:
  std::vector<Pixel> pixels_;
};

// The order whose pixels are wide enough for a margin of this many arcseconds: int(log2(sqrt(pi / 3) / (1.6
// threshold))).
int margin_order(double threshold_arcsec);

// The cells (places in the finder, not the row's own) whose margin of that order holds a row: those that own one of the
// eight neighbours of the row's pixel. In ascending order, without repeats.
std::vector<int64_t> margin_cells(const PixelFinder& cells, int order, int64_t healpix29);

}  // namespace asterism::data
