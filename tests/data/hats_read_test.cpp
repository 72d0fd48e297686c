#include "data/hats_read.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/batch_table.h"
#include "data/hats_write.h"
#include "io/parquet.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

fs::path tiny_catalog() { return shared_folder() / "fixtures" / "hats_tiny"; }

// The catalogue that hats-import made from input/a.parquet.
TEST(HatsRead, OpensACatalogueOfHatsImport) {
  if (!fs::exists(tiny_catalog())) GTEST_SKIP() << "no " << tiny_catalog() << ": set ASTERISM_SHARED";
  const auto reader = HatsReader::open(tiny_catalog() / "tiny_a");
  EXPECT_EQ(reader.name(), "tiny_a");
  EXPECT_EQ(reader.num_rows(), 600);
  EXPECT_EQ(reader.files().size(), 32u);
  std::set<std::string> found, truth;
  double sum = 0, truth_sum = 0;
  reader.for_each({}, 50, [&](modalities::Batch&& batch, int64_t) {
    modalities::check(batch);
    for (const auto& object : batch.objects) EXPECT_TRUE(object.has_position && found.insert(object.id).second);
    for (const double v : std::get<modalities::ScalarBlock>(batch.blocks.at("flux_r")).value) sum += v;
    return true;
  });
  const auto input = HatsReader::open(tiny_catalog() / "input" / "a.parquet");
  EXPECT_EQ(input.num_rows(), 600);
  input.for_each({"flux_r"}, 1000, [&](modalities::Batch&& batch, int64_t) {
    for (const auto& object : batch.objects) truth.insert(object.id);
    for (const double v : std::get<modalities::ScalarBlock>(batch.blocks.at("flux_r")).value) truth_sum += v;
    return true;
  });
  EXPECT_EQ(found, truth);
  EXPECT_NEAR(sum, truth_sum, 1e-6 * std::abs(truth_sum));
  EXPECT_EQ(HatsReader::open(tiny_catalog() / "tiny_a_10arcs").num_rows(), 17);
  EXPECT_EQ(HatsReader::open(tiny_catalog() / "tiny_b").keys().size(),
            size_t(HatsReader::open(tiny_catalog() / "input" / "b.parquet").num_rows()));
}

TEST(HatsRead, ReadsOnlyTheModalitiesAskedFor) {
  const base::TemporaryFolder folder;
  HatsWriter writer(folder / "set", {.name = "tiny"});
  writer.add(sample_batch(20));
  writer.finish();
  const auto reader = HatsReader::open(folder / "set");
  const auto batch = reader.read(reader.groups().front(), {"flux_g"});
  EXPECT_EQ(batch.blocks.size(), 1u);
  EXPECT_THROW(reader.read(reader.groups().front(), {"flux_h"}), base::UserError);
  int calls = 0;
  reader.for_each({"flux_g"}, 2, [&](modalities::Batch&& part, int64_t first) {
    EXPECT_EQ(first, 2 * calls);
    EXPECT_EQ(part.size(), 2);
    return ++calls < 2;
  });
  EXPECT_EQ(calls, 2);
}

TEST(HatsRead, AFolderOfPlainFiles) {
  const base::TemporaryFolder folder;
  const auto batch = sample_batch(10);
  const auto schema = schema_for(batch, {.name = "x"});
  io::write_parquet(folder / "b.parquet", *to_table(batch, schema));
  io::write_parquet(folder / "a.parquet", *to_table(sample_batch(5, 2, "other-"), schema));
  const auto reader = HatsReader::open(folder.path());
  EXPECT_EQ(reader.num_rows(), 15);
  EXPECT_EQ(reader.keys().front().id, "other-0");
  EXPECT_FALSE(reader.data_hash().empty());
}

TEST(HatsRead, OneFileInAnotherUnitIsRefused) {
  const base::TemporaryFolder folder;
  auto batch = sample_batch(10);
  io::write_parquet(folder / "a.parquet", *to_table(batch, schema_for(batch, {.name = "x"})));
  std::get<modalities::ScalarBlock>(batch.blocks.at("flux_g")).unit = "mJy";
  io::write_parquet(folder / "b.parquet", *to_table(batch, schema_for(batch, {.name = "x"})));
  try {
    HatsReader::open(folder.path()).num_rows();
    FAIL();
  } catch (const base::DataError& error) {
    EXPECT_NE(std::string(error.what()).find("b.parquet: column 'flux_g' is in 'mJy'"), std::string::npos)
        << error.what();
  }
}

class DamagedCatalogue : public testing::Test {
 protected:
  void SetUp() override {
    HatsOptions options;
    options.partition_rows = 8;
    HatsWriter writer(folder_ / "set", {.name = "tiny"}, options);
    writer.add(sample_batch(40));
    writer.finish();
  }
  void write(const fs::path& name, const std::string& text) { std::ofstream(folder_ / "set" / name) << text; }
  int64_t rows() const { return HatsReader::open(folder_ / "set").num_rows(); }
  base::TemporaryFolder folder_;
};

TEST_F(DamagedCatalogue, IsRefusedWithTheNameOfTheFile) {
  EXPECT_EQ(rows(), 40);
  const auto first = HatsReader::open(folder_ / "set").files().front().path;
  fs::rename(first, first.string() + ".gone");
  EXPECT_THROW(rows(), base::DataError) << "a data file is missing";
  write(fs::relative(first, folder_ / "set"), "not Parquet");
  EXPECT_THROW(rows(), base::DataError);
  fs::remove(first);
  fs::rename(first.string() + ".gone", first);
  EXPECT_EQ(rows(), 40);

  write("tiny/partition_info.csv", "Norder,Npix\n0,12\n");
  EXPECT_THROW(rows(), base::DataError) << "there are 12 pixels of order 0";
  write("tiny/partition_info.csv", "Norder,Npix\n0,3\n1,13\n");
  EXPECT_THROW(rows(), base::DataError) << "partitions that overlap";
  write("tiny/partition_info.csv", "Norder,Npix\nx\n");
  EXPECT_THROW(rows(), base::DataError);
  write("tiny/partition_info.csv", "Norder,Npix\n");
  EXPECT_THROW(rows(), base::DataError) << "hats_nrows says otherwise";
  fs::remove(folder_ / "set/tiny/partition_info.csv");
  EXPECT_EQ(rows(), 40) << "found by the names of the files";
  write("collection.properties", "obs_collection=tiny\nhats_primary_table_url=../../etc\n");
  EXPECT_THROW(rows(), base::DataError) << "leads out of the collection";
}

TEST(HatsRead, SaysWhatIsNoDataset) {
  const base::TemporaryFolder folder;
  EXPECT_THROW(HatsReader::open(folder / "nothing"), base::UserError);
  EXPECT_THROW(HatsReader::open(folder.path()), base::UserError);
}

}  // namespace
}  // namespace asterism::data
