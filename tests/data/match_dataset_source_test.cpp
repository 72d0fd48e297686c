#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/hats_write.h"
#include "data/match_source.h"
#include "tests/data/match_files.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

TEST(DatasetSource, GivesPositionsIdsScalarsAndRawColumns) {
  const base::TemporaryFolder folder;
  const auto batch = sample_batch(40);
  HatsWriter writer(folder / "set", {.name = "set"});
  writer.add(batch);
  writer.finish();
  const auto source = dataset_source(folder / "set", {"flux_g", "survey", "_healpix_29"});
  EXPECT_EQ(source->chunks.back(), 40);
  EXPECT_EQ(source->name, "set");
  int64_t placed = 0, rows = 0;
  for (size_t c = 0; c + 1 < source->chunks.size(); ++c) {
    const auto sky = source->read_sky(c, c + 1);
    EXPECT_EQ(sky.first, source->chunks[c]);
    for (const double ra : sky.ra_deg) placed += !std::isnan(ra);
    rows += int64_t(sky.ra_deg.size());
  }
  int64_t expected = 0;
  for (const auto& object : batch.objects) expected += object.has_position;
  EXPECT_EQ(rows, 40);
  EXPECT_EQ(placed, expected);
  const auto table = source->read_columns(0);
  EXPECT_TRUE(table->schema()->Equals(*source->schema, false));
  EXPECT_TRUE(table->GetColumnByName("flux_g")->type()->Equals(arrow::float64()));
  EXPECT_TRUE(table->GetColumnByName("_healpix_29")->type()->Equals(arrow::int64()));
  EXPECT_THROW(dataset_source(folder / "set", {"flux_q"}), base::UserError);
}

// The only image of a dataset lies in a column `image`, and is known by its modality.
TEST(DatasetSource, GivesModalitiesOfAnyKindByTheirName) {
  const base::TemporaryFolder folder;
  const auto batch = sample_batch(40);
  HatsWriter writer(folder / "set", {.name = "set"});
  writer.add(batch);
  writer.finish();
  const auto source = dataset_source(folder / "set", {"image_legacy", "flux_g"});
  const auto table = source->read_columns(0);
  EXPECT_TRUE(table->schema()->Equals(*source->schema, false));
  EXPECT_EQ(table->GetColumnByName("image_legacy")->type()->id(), arrow::Type::STRUCT);
  EXPECT_TRUE(table->GetColumnByName("image_legacy")
                  ->Equals(dataset_source(folder / "set", {"image"})->read_columns(0)->GetColumnByName("image")));
}

TEST(DatasetSource, NeedsPositions) {
  const base::TemporaryFolder folder;
  const std::vector<double> values = {1, 2};
  io::write_parquet(
      folder / "p.parquet",
      *arrow::Table::Make(arrow::schema({arrow::field("ra", arrow::float64()), arrow::field("decl", arrow::float64())}),
                          {column_of<arrow::DoubleBuilder>(values), column_of<arrow::DoubleBuilder>(values)}));
  try {
    dataset_source(folder / "p.parquet", {});
    FAIL();
  } catch (const base::DataError& error) {
    EXPECT_NE(std::string(error.what()).find("no column 'dec'; the nearest is 'decl'"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace asterism::data
