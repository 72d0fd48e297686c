#include "data/match_spool.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "tests/data/match_files.h"

namespace asterism::data {
namespace {

TEST(MatchSpool, GivesEveryPreparedRowOfAZoneOnce) {
  const base::TemporaryFolder folder;
  const SkyList list = sky_list(3, 2000, 1000);
  write_list(folder / "list.parquet", list, 77);
  int runs = 0;
  const auto prepare = [&](SkyColumns& rows) {
    ++runs;
    EXPECT_LE(rows.ra_deg.size(), 300u);
    if (rows.first == 0) rows.ra_deg[5] = std::nan("");
  };
  MatchSpool::write(MatchInput::open(folder / "list.parquet", {}), 300, prepare, folder / "spool");
  EXPECT_GT(runs, 6);
  const MatchSpool spool(folder / "spool", MatchSpool::Check::content);
  EXPECT_EQ(spool.rows_in(0, MatchSpool::kZones), 1999);
  std::map<int64_t, int> seen;
  MatchSpool::Rows rows;
  for (int64_t zone = 0; zone < MatchSpool::kZones; zone += 100) {
    spool.read(zone, zone + 100, rows);
    EXPECT_EQ(int64_t(rows.row.size()), spool.rows_in(zone, zone + 100));
    for (size_t i = 0; i < rows.row.size(); ++i) {
      EXPECT_EQ(rows.ra_deg[i], list.ra[size_t(rows.row[i])]);
      EXPECT_EQ(rows.dec_deg[i], list.dec[size_t(rows.row[i])]);
      EXPECT_EQ(MatchSpool::zone_of(rows.dec_deg[i]) / 100, zone / 100);
      ++seen[rows.row[i]];
    }
  }
  EXPECT_EQ(seen.size(), 1999u);
  EXPECT_EQ(seen.count(5), 0u);
  EXPECT_EQ(MatchSpool::zone_of(-90), 0);
  EXPECT_EQ(MatchSpool::zone_of(90), MatchSpool::kZones - 1);
}

TEST(MatchSpool, NoticesWhatALossOfPowerLeft) {
  const base::TemporaryFolder folder;
  write_list(folder / "list.parquet", sky_list(4, 500, 100), 77);
  const auto path = folder / "spool";
  MatchSpool::write(
      MatchInput::open(folder / "list.parquet", {}), 300, [](SkyColumns&) {}, path);
  EXPECT_NO_THROW(MatchSpool(path, MatchSpool::Check::content));
  {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(4000);
    const std::string zeros(64, '\0');
    file.write(zeros.data(), 64);
  }
  EXPECT_NO_THROW(MatchSpool(path, MatchSpool::Check::shape));
  EXPECT_THROW(MatchSpool(path, MatchSpool::Check::content), base::DataError);
}

}  // namespace
}  // namespace asterism::data
