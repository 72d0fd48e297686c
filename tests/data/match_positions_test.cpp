#include "data/match_positions.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "tests/data/match_files.h"

namespace asterism::data {
namespace {

TEST(MatchPositions, CountsListsAndRefuses) {
  const base::TemporaryFolder folder;
  write_list(folder / "t.parquet", sky_list(1, 5, 1));
  const auto table = MatchInput::open(folder / "t.parquet", {});
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  const SkyColumns rows{.first = 100, .ra_deg = {1, nan, 2, inf, -359}, .dec_deg = {2, 3, 95, 0, -90}};
  BadRows bad(2);
  PositionCheck check(bad);
  SkyColumns checked = rows;
  check(table, 1, checked);
  EXPECT_EQ(check.unplaced[0], 0);
  EXPECT_EQ(check.unplaced[1], 1);
  EXPECT_EQ(bad.count(), 2);
  EXPECT_EQ(checked.ra_deg[0], 1);
  EXPECT_TRUE(std::isnan(checked.dec_deg[2]) && std::isnan(checked.ra_deg[3]));
  EXPECT_EQ(checked.ra_deg[4], -359);
  EXPECT_NE(write_bad_positions(bad, folder / "out.parquet").find("2 rows"), std::string::npos);
  const std::string list = base::read_text(folder / "out.parquet.bad_rows.csv");
  EXPECT_NE(list.find("t.parquet,102,"), std::string::npos) << list;
  BadRows strict(1);
  PositionCheck refuses(strict);
  checked = rows;
  EXPECT_THROW(refuses(table, 0, checked), base::DataError);
}

TEST(MatchPositions, ChecksTheOutputBeforeTheWork) {
  const base::TemporaryFolder folder;
  check_match_output(folder / "x.csv");
  EXPECT_THROW(check_match_output(folder / "x.txt"), base::UserError);
  EXPECT_THROW(check_match_output(folder / "none" / "x.csv"), base::UserError);
  std::filesystem::create_directory(folder / "d.csv");
  EXPECT_THROW(check_match_output(folder / "d.csv"), base::UserError);
  EXPECT_GT(free_memory_bytes(), 1 << 20);
}

}  // namespace
}  // namespace asterism::data
