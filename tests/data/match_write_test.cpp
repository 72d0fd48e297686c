#include "data/match_write.h"

#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "io/csv.h"
#include "tests/data/match_files.h"

namespace asterism::data {
namespace {

using Ids = std::vector<int64_t>;

// Pairs in two lists, as two tiles give them; rows 1 and 4 of a, and 0 and 2 of b, have no match.
TEST(WriteMatches, JoinsInTheOrderOfAWhateverTheSlices) {
  const base::TemporaryFolder folder;
  SkyList a = sky_list(1, 6, 1), b = sky_list(2, 4, 1);
  a.id = {10, 11, 12, 13, 14, 15};
  b.id = {20, 21, 22, 23};
  write_list(folder / "a.parquet", a, 2);
  write_list(folder / "b.parquet", b, 3);
  const auto ta = MatchInput::open(folder / "a.parquet", {"ra"}), tb = MatchInput::open(folder / "b.parquet", {});
  const std::vector<Match> one = {{0, 3, 0.5}, {3, 1, 0.25}, {3, 3, 0.75}}, two = {{2, 1, 1}, {5, 3, 2}};
  struct Case {
    Join join;
    Ids a, b;
  };
  const Case cases[] = {{Join::kInner, {10, 12, 13, 13, 15}, {23, 21, 21, 23, 23}},
                        {Join::kLeft, {10, 11, 12, 13, 13, 14, 15}, {23, -1, 21, 21, 23, -1, 23}},
                        {Join::kOuter, {10, 11, 12, 13, 13, 14, 15, -1, -1}, {23, -1, 21, 21, 23, -1, 23, 20, 22}}};
  for (const auto& c : cases) {
    for (const int64_t slice : {1, 2, 100}) {
      const auto path = folder / "out.parquet";
      EXPECT_EQ(write_matches(ta, tb, {one, two}, c.join, slice, path), int64_t(c.a.size()));
      const auto table = io::read_parquet(path);
      EXPECT_EQ(table->schema()->field_names(),
                (std::vector<std::string>{"object_id_a", "object_id_b", "separation_arcsec", "ra_a"}));
      EXPECT_EQ(whole_column(*table, "object_id_a"), c.a);
      EXPECT_EQ(whole_column(*table, "object_id_b"), c.b);
      EXPECT_EQ(table->GetColumnByName("separation_arcsec")->null_count(), int64_t(c.a.size()) - 5);
      EXPECT_EQ(table->GetColumnByName("ra_a")->null_count(), c.join == Join::kOuter ? 2 : 0);
    }
  }
  EXPECT_EQ(write_matches(ta, tb, {one, two}, Join::kOuter, 100, folder / "out.csv"), 9);
  EXPECT_EQ(whole_column(*io::read_csv(folder / "out.csv"), "object_id_b"), cases[2].b);
  EXPECT_EQ(write_matches(ta, tb, {}, Join::kInner, 100, folder / "none.parquet"), 0);
  EXPECT_EQ(io::read_parquet(folder / "none.parquet")->num_columns(), 4);
}

}  // namespace
}  // namespace asterism::data
