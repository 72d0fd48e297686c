#include "data/pixel_tree.h"

#include <algorithm>
#include <cmath>

#include "astro/healpix.h"
#include "astro/sphere.h"
#include "base/error.h"

namespace asterism::data {
namespace {

using Runs = std::vector<std::span<const int64_t>>;

// The part of each run that lies in a pixel.
Runs inside(const Runs& runs, Pixel pixel) {
  Runs out;
  for (const auto run : runs) {
    const auto first = std::lower_bound(run.begin(), run.end(), pixel.begin());
    const auto last = std::lower_bound(first, run.end(), pixel.end());
    if (first != last) out.push_back(run.subspan(size_t(first - run.begin()), size_t(last - first)));
  }
  return out;
}

int64_t total(const Runs& runs) {
  int64_t n = 0;
  for (const auto run : runs) n += int64_t(run.size());
  return n;
}

void split_plain(const Runs& runs, Pixel pixel, const PartitionRule& rule, std::vector<Pixel>& out) {
  const Runs here = inside(runs, pixel);
  const int64_t n = total(here);
  if (n == 0) return;
  if ((n <= rule.max_rows && pixel.order >= rule.lowest_order) || pixel.order >= rule.highest_order) {
    out.push_back(pixel);
    return;
  }
  for (int64_t child = 0; child < 4; ++child) split_plain(here, {pixel.order + 1, pixel.npix * 4 + child}, rule, out);
}

// The variant that joins siblings only where more than one holds rows. Top down, that reads: stop at the first pixel
// that fits and has more than one child with rows; a chain of only children goes down to the highest order.
void split_tight(const Runs& runs, Pixel pixel, const PartitionRule& rule, std::vector<Pixel>& out) {
  const Runs here = inside(runs, pixel);
  const int64_t n = total(here);
  if (n == 0) return;
  int64_t most = 0;
  if (pixel.order < rule.highest_order) {
    for (int64_t child = 0; child < 4; ++child)
      most = std::max(most, total(inside(here, {pixel.order + 1, pixel.npix * 4 + child})));
  }
  if (pixel.order >= rule.highest_order || (n <= rule.max_rows && pixel.order >= rule.lowest_order && n != most)) {
    out.push_back(pixel);
    return;
  }
  for (int64_t child = 0; child < 4; ++child) split_tight(here, {pixel.order + 1, pixel.npix * 4 + child}, rule, out);
}

// Tiles the order-29 range [begin, end) with the coarsest pixels.
void tile(int64_t begin, int64_t end, std::vector<Pixel>& out) {
  while (begin < end) {
    int order = 29;
    while (order > 0) {
      const int64_t size = int64_t{1} << (2 * (29 - order + 1));
      if (begin % size != 0 || begin + size > end) break;
      --order;
    }
    const Pixel pixel{order, begin >> (2 * (29 - order))};
    out.push_back(pixel);
    begin = pixel.end();
  }
}

}  // namespace

std::vector<Pixel> partitions_of(const Runs& sorted_runs, const PartitionRule& rule) {
  ASTERISM_CHECK(rule.max_rows >= 1 && rule.lowest_order >= 0 && rule.highest_order <= 29 &&
                 rule.lowest_order <= rule.highest_order);
  std::vector<Pixel> out;
  for (int64_t base = 0; base < 12; ++base) {
    if (rule.tight) {
      split_tight(sorted_runs, {0, base}, rule, out);
    } else {
      split_plain(sorted_runs, {0, base}, rule, out);
    }
  }
  return out;
}

int64_t rows_inside(const Runs& sorted_runs, Pixel pixel) { return total(inside(sorted_runs, pixel)); }

std::vector<Pixel> negative_pixels(const std::vector<Pixel>& partitions) {
  const PixelFinder finder(partitions);
  std::vector<Pixel> out;
  int64_t begin = 0;
  for (const Pixel& p : finder.pixels()) {
    tile(begin, p.begin(), out);
    begin = p.end();
  }
  tile(begin, int64_t{12} << 58, out);
  return out;
}

PixelFinder::PixelFinder(std::vector<Pixel> pixels) : pixels_(std::move(pixels)) {
  std::sort(pixels_.begin(), pixels_.end(), [](const Pixel& a, const Pixel& b) { return a.begin() < b.begin(); });
  for (size_t i = 1; i < pixels_.size(); ++i) {
    const Pixel &a = pixels_[i - 1], &b = pixels_[i];
    if (a.end() > b.begin())
      base::data_error("the partitions Norder={} Npix={} and Norder={} Npix={} overlap", a.order, a.npix, b.order,
                       b.npix);
  }
}

int64_t PixelFinder::find(int64_t healpix29) const {
  const auto after = std::upper_bound(pixels_.begin(), pixels_.end(), healpix29,
                                      [](int64_t index, const Pixel& p) { return index < p.begin(); });
  if (after == pixels_.begin()) return -1;
  const auto at = after - 1;
  return healpix29 < at->end() ? at - pixels_.begin() : -1;
}

int margin_order(double threshold_arcsec) {
  ASTERISM_CHECK(threshold_arcsec > 0, "a margin of {} arcsec", threshold_arcsec);
  const double order = std::log2(std::sqrt(M_PI / 3) / (1.6 * threshold_arcsec * astro::kArcsec));
  return std::clamp(int(order), 0, 29);
}

std::vector<int64_t> margin_cells(const PixelFinder& cells, int order, int64_t healpix29) {
  const int64_t own = cells.find(healpix29);
  std::vector<int64_t> out;
  for (const int64_t neighbour : astro::healpix_neighbours(order, healpix29 >> (2 * (29 - order)))) {
    if (neighbour < 0) continue;
    const int64_t cell = cells.find(neighbour << (2 * (29 - order)));
    if (cell >= 0 && cell != own) out.push_back(cell);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace asterism::data
