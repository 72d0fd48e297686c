#include "data/match_input.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "tests/data/match_files.h"

namespace asterism::data {
namespace {

TEST(MatchInput, TakesRowsInAnyOrderAcrossChunks) {
  const base::TemporaryFolder folder;
  const SkyList list = sky_list(1, 1000, 10);
  write_list(folder / "list.parquet", list, 64);
  const auto input = MatchInput::open(folder / "list.parquet", {"dec", "ra"});
  EXPECT_EQ(input.num_rows(), 1000);
  EXPECT_EQ(input.name(), "list");
  EXPECT_EQ(input.chunks().size(), 17u);
  const SkyColumns sky = read_all_sky(input);
  EXPECT_EQ(sky.ra_deg, list.ra);
  EXPECT_EQ(sky.dec_deg, list.dec);
  const std::vector<std::vector<int64_t>> orders = {{999, 0, 500, -1, 500, 63, 64}, {3, 4, 70, 999}, {-1, -1}, {}};
  for (const auto& rows : orders) {
    const auto table = input.take(rows);
    ASSERT_EQ(table->num_rows(), int64_t(rows.size()));
    EXPECT_EQ(table->schema()->field_names(), (std::vector<std::string>{"object_id", "dec", "ra"}));
    std::vector<int64_t> ids;
    for (const int64_t row : rows) ids.push_back(row < 0 ? -1 : list.id[size_t(row)]);
    EXPECT_EQ(whole_column(*table, "object_id"), ids);
  }
}

TEST(MatchInput, SaysWhatIsMissingAndWhatIsNearest) {
  const base::TemporaryFolder folder;
  write_list(folder / "list.parquet", sky_list(1, 10, 10));
  try {
    MatchInput::open(folder / "list.parquet", {"decc"});
    FAIL();
  } catch (const base::UserError& error) {
    EXPECT_NE(std::string(error.what()).find("nearest is 'dec'"), std::string::npos) << error.what();
  }
  EXPECT_THROW(MatchInput::open(folder / "nowhere.parquet", {}), base::UserError);
}

}  // namespace
}  // namespace asterism::data
