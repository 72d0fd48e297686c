#include "data/match_epoch.h"

#include <gtest/gtest.h>

#include <fstream>

#include "astro/sphere.h"
#include "base/error.h"
#include "base/temporary_folder.h"

namespace asterism::data {
namespace {

class MatchEpochTest : public testing::Test {
 protected:
  MatchInput table(const std::string& name, const std::string& text) {
    std::ofstream(folder / name) << text;
    return MatchInput::open(folder / name, {});
  }
  const base::TemporaryFolder folder;
  const std::string moving = "object_id,ra,dec,pmra,pmdec,ref_epoch\n1,10,0,1000,0,2016\n2,20,0,,,2016\n";
};

TEST_F(MatchEpochTest, RowsMoveToTheEpochOfTheOtherTable) {
  const auto a = table("a.csv", moving), b = table("b.csv", "object_id,ra,dec,epoch\n1,10,0,2000\n2,20,0,2000\n");
  for (const bool swapped : {false, true}) {
    const auto epoch = swapped ? match_epoch({&b, &a}, {}) : match_epoch({&a, &b}, {});
    ASSERT_TRUE(epoch.year);
    EXPECT_EQ(*epoch.year, 2000);
    auto sky = read_all_sky(a);
    move_to(epoch, false, a, sky);
    EXPECT_NEAR(sky.ra_deg[0], 10 - 16.0 / 3600, 1e-9);  // back by 16 years of 1"
    EXPECT_EQ(sky.ra_deg[1], 20);                        // no motion known
    auto other = read_all_sky(b);
    move_to(epoch, false, b, other);
    EXPECT_EQ(other.ra_deg[0], 10);
  }
  auto sky = read_all_sky(a);
  move_to(match_epoch({&a, &b}, 2026.0), true, a, sky);
  EXPECT_NEAR(sky.ra_deg[0], 10 + 10.0 / 3600, 1e-9);
}

TEST_F(MatchEpochTest, WithoutBothNothingMovesAndItIsSaid) {
  const auto a = table("a.csv", moving), still = table("s.csv", "object_id,ra,dec\n1,10,0\n");
  const auto epoch = match_epoch({&a, &still}, {});
  EXPECT_FALSE(epoch.year);
  EXPECT_NE(epoch.why.find("--epoch"), std::string::npos);
  EXPECT_EQ(match_epoch({&still, &still}, {}).why, "");
  EXPECT_THROW(match_epoch({&still, &still}, 2000.0), base::UserError);
}

TEST_F(MatchEpochTest, MixedEpochsOfRowsThatCannotMoveAreRefused) {
  const auto a = table("a.csv", moving), b = table("b.csv", "object_id,ra,dec,epoch\n1,10,0,2000\n2,20,0,2001\n");
  auto sky = read_all_sky(b);
  EXPECT_THROW(move_to(match_epoch({&a, &b}, {}), false, b, sky), base::UserError);
  move_to(match_epoch({&a, &b}, 2000.0), true, b, sky);
  EXPECT_EQ(sky.ra_deg[1], 20);
}

// Of three tables the last one that states an epoch says the year.
TEST_F(MatchEpochTest, OfManyTablesTheLastEpochIsTaken) {
  const auto a = table("a.csv", moving), b = table("b.csv", "object_id,ra,dec,epoch\n1,10,0,2000\n"),
             still = table("s.csv", "object_id,ra,dec\n1,10,0\n");
  EXPECT_EQ(match_epoch({&still, &b, &a}, {}).year, 2000);
  EXPECT_EQ(match_epoch({&a, &still, &b}, {}).year, 2000);
  const auto two = table("two.csv", moving);
  EXPECT_EQ(match_epoch({&two, &still, &a}, {}).year, 2016);
}

TEST_F(MatchEpochTest, AColumnCalledEpochThatHoldsNoYearIsRefused) {
  const auto a = table("a.csv", moving), b = table("b.csv", "object_id,ra,dec,epoch\n1,10,0,58000\n");
  EXPECT_THROW(match_epoch({&a, &b}, {}), base::UserError);
  EXPECT_NO_THROW(match_epoch({&b, &b}, {})) << "nothing moves: nobody asks for it";
  const auto days = table("d.csv", "object_id,ra,dec,pmra,pmdec,ref_epoch\n1,10,0,1000,0,57388\n");
  auto sky = read_all_sky(days);
  EXPECT_THROW(move_to(match_epoch({&days, &b}, 2000.0), true, days, sky), base::UserError);
}

TEST_F(MatchEpochTest, TheFirstRowsMayBeWithoutAnEpoch) {
  const auto a = table("a.csv", moving), b = table("b.csv", "object_id,ra,dec,epoch\n1,10,0,\n2,20,0,2000\n");
  EXPECT_EQ(match_epoch({&a, &b}, {}).year, 2000);
}

}  // namespace
}  // namespace asterism::data
