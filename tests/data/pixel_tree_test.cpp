#include "data/pixel_tree.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "astro/healpix.h"
#include "base/error.h"
#include "base/random.h"
#include "data/arrow_lists.h"
#include "io/parquet.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

std::vector<int64_t> random_indices(int64_t n, uint64_t seed) {
  base::Random random(seed, 0, 0, "pixel tree test");
  std::vector<int64_t> out;
  for (int64_t i = 0; i < n; ++i)
    out.push_back(astro::healpix_pixel(29, random.uniform(0, 360), random.uniform(-90, 90)));
  std::sort(out.begin(), out.end());
  return out;
}

TEST(PixelTree, EveryRowLiesInExactlyOnePartitionThatFits) {
  const auto first = random_indices(3000, 1), second = random_indices(500, 2);
  for (const bool tight : {false, true}) {
    const auto pixels = partitions_of({first, second}, {.max_rows = 100, .highest_order = 10, .tight = tight});
    const PixelFinder finder(pixels);
    EXPECT_EQ(finder.pixels(), pixels) << "in sky order";
    int64_t total = 0;
    for (const Pixel& p : pixels) {
      const int64_t rows = rows_inside({first, second}, p);
      EXPECT_GT(rows, 0);
      EXPECT_LE(rows, 100);
      total += rows;
    }
    EXPECT_EQ(total, 3500);
    for (const int64_t index : first) EXPECT_GE(finder.find(index), 0);
  }
}

TEST(PixelTree, CrowdedPixelStaysWholeAtTheHighestOrder) {
  const std::vector<int64_t> same(50, 123456789);
  const auto pixels = partitions_of({same}, {.max_rows = 10, .highest_order = 5});
  ASSERT_EQ(pixels.size(), 1u);
  EXPECT_EQ(pixels[0].order, 5);
}

TEST(PixelTree, PartitionsAndNegativePixelsTileTheSphere) {
  const auto indices = random_indices(400, 3);
  auto pixels = partitions_of({indices}, {.max_rows = 20, .highest_order = 8, .tight = true});
  const auto rest = negative_pixels(pixels);
  EXPECT_FALSE(rest.empty());
  pixels.insert(pixels.end(), rest.begin(), rest.end());
  const PixelFinder finder(pixels);
  int64_t at = 0;
  for (const Pixel& p : finder.pixels()) {
    EXPECT_EQ(p.begin(), at);
    at = p.end();
  }
  EXPECT_EQ(at, int64_t{12} << 58);
  EXPECT_EQ(negative_pixels({}).size(), 12u);
}

TEST(PixelTree, OverlapIsRefused) { EXPECT_THROW(PixelFinder({{0, 3}, {1, 13}}), base::DataError); }

TEST(PixelTree, MarginOrders) {
  // The published table: 1" 17, 2" 16, 5" 14, 10" 13, 30" 12, 60" 11, 1 deg 5, 2 deg 4.
  EXPECT_EQ(margin_order(1), 17);
  EXPECT_EQ(margin_order(2), 16);
  EXPECT_EQ(margin_order(5), 14);
  EXPECT_EQ(margin_order(10), 13);
  EXPECT_EQ(margin_order(30), 12);
  EXPECT_EQ(margin_order(60), 11);
  EXPECT_EQ(margin_order(3600), 5);
  EXPECT_EQ(margin_order(7200), 4);
}

std::vector<Pixel> partition_info(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  std::vector<Pixel> out;
  while (std::getline(file, line)) {
    Pixel p;
    long long npix = 0;
    if (std::sscanf(line.c_str(), "%d,%lld", &p.order, &npix) == 2) out.push_back({p.order, npix});
  }
  return out;
}

// What hats-import made of the same rows.
TEST(PixelTree, AgreesWithHatsImport) {
  const auto folder = shared_folder() / "fixtures" / "hats_tiny";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no " << folder << ": set ASTERISM_SHARED";
  for (const std::string name : {"a", "b"}) {
    SCOPED_TRACE(name);
    const auto table = io::read_parquet(folder / "input" / (name + ".parquet"), {"ra", "dec"});
    std::vector<double> ra(size_t(table->num_rows())), dec(ra);
    read_doubles(*one_chunk(*table->column(0), "ra"), 0, table->num_rows(), ra.data(), nullptr, "ra");
    read_doubles(*one_chunk(*table->column(1), "dec"), 0, table->num_rows(), dec.data(), nullptr, "dec");
    std::vector<int64_t> indices;
    for (size_t i = 0; i < ra.size(); ++i) indices.push_back(astro::healpix_pixel(29, ra[i], dec[i]));
    std::sort(indices.begin(), indices.end());
    const auto theirs = PixelFinder(partition_info(folder / ("tiny_" + name) / "partition_info.csv")).pixels();
    const int highest =
        std::max_element(theirs.begin(), theirs.end(), [](auto& x, auto& y) { return x.order < y.order; })->order;
    const auto ours = partitions_of({indices}, {.max_rows = 100, .highest_order = highest, .tight = true});
    EXPECT_EQ(ours, theirs);

    auto cells = theirs;
    const auto rest = negative_pixels(theirs);
    cells.insert(cells.end(), rest.begin(), rest.end());
    const PixelFinder finder(cells);
    int64_t copies = 0;
    std::set<int64_t> used;
    for (const int64_t index : indices) {
      for (const int64_t cell : margin_cells(finder, margin_order(10), index)) {
        ++copies;
        used.insert(cell);
      }
    }
    std::vector<Pixel> margin;
    for (const int64_t cell : used) margin.push_back(finder.pixels()[size_t(cell)]);
    EXPECT_EQ(margin,
              PixelFinder(partition_info(folder / ("tiny_" + name + "_10arcs") / "partition_info.csv")).pixels());
    if (name == "a") {
      EXPECT_EQ(copies, 17) << "hats_nrows of the margin catalogue";
    }
  }
}

}  // namespace
}  // namespace asterism::data
