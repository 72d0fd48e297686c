#include "data/match_tiles.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "base/error.h"
#include "base/signals.h"
#include "base/temporary_folder.h"
#include "tests/data/match_files.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

std::vector<Match> all(const MatchTiles& tiles) {
  std::vector<Match> out;
  for (const auto& list : tiles.pairs()) out.insert(out.end(), list.begin(), list.end());
  std::stable_sort(out.begin(), out.end(), [](const Match& x, const Match& y) { return x.a < y.a; });
  return out;
}

void expect_equal(const std::vector<Match>& x, const std::vector<Match>& y) {
  ASSERT_EQ(x.size(), y.size());
  for (size_t i = 0; i < x.size(); ++i) {
    ASSERT_EQ(x[i].a, y[i].a);
    ASSERT_EQ(x[i].b, y[i].b);
    ASSERT_EQ(x[i].separation_arcsec, y[i].separation_arcsec);
  }
}

class MatchTilesTest : public testing::Test {
 protected:
  MatchTilesTest() {
    write_list(folder / "a.parquet", a);
    write_list(folder / "b.parquet", b);
  }
  MatchTiles tiles(const MatchTablesOptions& options, int64_t rows) {
    return MatchTiles(folder / "tiles", MatchInput::open(folder / "a.parquet", {}),
                      MatchInput::open(folder / "b.parquet", {}), options, rows * 96,
                      {.prepare = [](int, SkyColumns&) {}});
  }
  const base::TemporaryFolder folder;
  const SkyList a = sky_list(1, 4000, 200), b = sky_list(2, 5000, 200);
};

TEST_F(MatchTilesTest, FindTheSamePairsAsMemory) {
  for (const double radius : {3.0, 100.0, 40000.0}) {
    for (const bool nearest : {true, false}) {
      for (const bool mutual : {false, true}) {
        if ((mutual && !nearest) || (!nearest && radius > 10000)) continue;
        SCOPED_TRACE(testing::Message() << radius << nearest << mutual);
        const MatchOptions options{.radius_arcsec = radius, .nearest = nearest};
        auto truth = match(a.positions(), b.positions(), options);
        if (mutual) truth = mutual_only(truth, match(b.positions(), a.positions(), options));
        auto t = tiles({.match = options, .mutual = mutual}, 1500);
        EXPECT_GT(t.count(), 2);
        t.run();
        expect_equal(all(t), truth);
        fs::remove_all(folder / "tiles");
      }
    }
  }
}

TEST_F(MatchTilesTest, GoOnWhereARunWasStopped) {
  MatchTablesOptions options{.match = {.radius_arcsec = 50}};
  auto whole = tiles(options, 1500);
  whole.run();
  const auto truth = all(whole);
  // As after a kill: some tiles are there, one of them must not be made again, the others are missing.
  fs::remove(folder / "tiles" / "tile-00003.pairs");
  fs::remove(folder / "tiles" / "tile-00004.pairs");
  const auto kept = fs::last_write_time(folder / "tiles" / "tile-00001.pairs");
  EXPECT_THROW(tiles(options, 1500), base::UserError);  // without --resume
  options.resume = true;
  EXPECT_THROW(tiles(options, 900), base::UserError);  // of another match
  auto again = tiles(options, 1500);
  again.run();
  expect_equal(all(again), truth);
  EXPECT_EQ(fs::last_write_time(folder / "tiles" / "tile-00001.pairs"), kept);
}

TEST_F(MatchTilesTest, StopBetweenTilesWhenASignalAsks) {
  auto t = tiles({.match = {.radius_arcsec = 50}}, 1500);
  base::request_stop();
  EXPECT_THROW(t.run(), base::Interrupted);
  base::clear_stop_request();
  EXPECT_FALSE(fs::exists(folder / "tiles" / "tile-00001.pairs"));
}

TEST_F(MatchTilesTest, DamagedFilesAreNoticed) {
  MatchTablesOptions options{.match = {.radius_arcsec = 50}};
  tiles(options, 1500).run();
  options.resume = true;
  fs::resize_file(folder / "tiles" / "tile-00002.pairs", fs::file_size(folder / "tiles" / "tile-00002.pairs") + 3);
  auto t = tiles(options, 1500);
  t.run();
  EXPECT_THROW(t.pairs(), base::DataError);
  fs::resize_file(folder / "tiles" / "a.positions", 1000);
  EXPECT_THROW(tiles(options, 1500), base::DataError);
}

}  // namespace
}  // namespace asterism::data
