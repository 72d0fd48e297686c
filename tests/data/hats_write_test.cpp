#include "data/hats_write.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <map>

#include "astro/healpix.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "base/signals.h"
#include "base/temporary_folder.h"
#include "data/hats_read.h"
#include "data/moc.h"
#include "io/fits.h"
#include "io/json.h"
#include "io/parquet.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

DatasetInfo info_of(const std::string& name) {
  return {.name = name,
          .title = "A test",
          .description = "line\nline",
          .provenance = "made here",
          .licence = "CC0",
          .citation = "@misc{x}",
          .acknowledgement = "",
          .columns = {}};
}

modalities::Batch read_whole(const HatsReader& reader) {
  std::vector<modalities::Batch> parts;
  reader.for_each({}, 16, [&](modalities::Batch&& batch, int64_t) {
    parts.push_back(std::move(batch));
    return true;
  });
  return modalities::concatenate(parts);
}

std::map<std::string, int64_t> rows_by_id(const modalities::Batch& batch) {
  std::map<std::string, int64_t> out;
  for (int64_t i = 0; i < batch.size(); ++i) out[batch.objects[size_t(i)].id] = i;
  return out;
}

void expect_same_rows(const modalities::Batch& truth, const modalities::Batch& found) {
  ASSERT_EQ(found.size(), truth.size());
  const auto place = rows_by_id(found);
  std::vector<int64_t> rows;
  for (const auto& object : truth.objects) rows.push_back(place.at(object.id));
  const auto ordered = modalities::select(found, rows);
  for (size_t i = 0; i < truth.objects.size(); ++i) EXPECT_TRUE(same_object(truth.objects[i], ordered.objects[i]));
  for (const auto& [name, block] : truth.blocks) EXPECT_TRUE(same_block(block, ordered.blocks.at(name))) << name;
}

TEST(HatsWrite, WritesWhatItWasGiven) {
  const base::TemporaryFolder folder;
  const auto batch = sample_batch(60);
  WrittenDataset written;
  {
    HatsWriter writer(folder / "set", info_of("tiny"));
    writer.add(batch);
    written = writer.finish();
  }
  EXPECT_EQ(written.rows, 60);
  EXPECT_EQ(written.unplaced_rows, 8);
  EXPECT_LE(written.partitions, 12);
  EXPECT_LT(written.bytes, 2 << 20) << "a small catalogue stays small";
  const auto reader = HatsReader::open(folder / "set");
  EXPECT_EQ(reader.name(), "tiny");
  EXPECT_EQ(reader.data_hash(), written.data_hash);
  EXPECT_EQ(reader.info().description, "line\nline");
  EXPECT_EQ(reader.info().licence, "CC0");
  expect_same_rows(batch, read_whole(reader));
  EXPECT_FALSE(fs::exists(folder / "set" / ".spool"));
}

// Small runs and partitions: the merge, the partition tree, row groups and margins are all exercised.
TEST(HatsWrite, ManyRunsAndPartitionsHoldTheSameRows) {
  const base::TemporaryFolder folder;
  HatsOptions options;
  options.run_bytes = 40 << 10;
  options.partition_rows = 9;
  options.margin_arcsec = 3600 * 4;
  HatsWriter writer(folder / "set", info_of("tiny"), options);
  std::vector<modalities::Batch> parts;
  for (uint64_t i = 0; i < 12; ++i) {
    parts.push_back(sample_batch(20, i + 1, "part" + std::to_string(i) + "-"));
    writer.add(parts.back());
  }
  const auto written = writer.finish();
  EXPECT_GT(written.partitions, 20);
  EXPECT_GT(written.margin_rows, 10);
  const auto reader = HatsReader::open(folder / "set");
  expect_same_rows(modalities::concatenate(parts), read_whole(reader));
  int64_t rows = 0;
  for (const auto& file : reader.files()) {
    if (!file.pixel) continue;
    const auto table = io::read_parquet(file.path, {"_healpix_29", "ra", "dec"});
    const auto& index = static_cast<const arrow::Int64Array&>(*table->column(0)->chunk(0));
    const auto& ra = static_cast<const arrow::DoubleArray&>(*table->column(1)->chunk(0));
    const auto& dec = static_cast<const arrow::DoubleArray&>(*table->column(2)->chunk(0));
    for (int64_t i = 0; i < index.length(); ++i) {
      EXPECT_EQ(index.Value(i), astro::healpix_pixel(29, ra.Value(i), dec.Value(i)));
      EXPECT_TRUE(index.Value(i) >= file.pixel->begin() && index.Value(i) < file.pixel->end());
      if (i > 0) {
        EXPECT_GE(index.Value(i), index.Value(i - 1));
      }
    }
    EXPECT_EQ(io::ParquetFile::open(file.path).schema()->field(0)->name(), "_healpix_29");
    rows += table->num_rows();
  }
  EXPECT_EQ(rows, written.rows - written.unplaced_rows);
  const auto margin = HatsReader::open(*reader.margin());
  EXPECT_EQ(margin.num_rows(), written.margin_rows);
  EXPECT_EQ(margin.properties().need("dataproduct_type"), "margin");
}

TEST(HatsWrite, TheSameRowsGiveTheSameHashHoweverTheyCame) {
  const base::TemporaryFolder folder;
  const auto batch = sample_batch(40);
  std::vector<int64_t> first, second;
  for (int64_t i = 0; i < 40; ++i) (i < 15 ? first : second).push_back(i);
  HatsWriter one(folder / "one", info_of("tiny")), two(folder / "two", info_of("tiny"));
  one.add(batch);
  two.add(modalities::select(batch, first));
  two.add(modalities::select(batch, second));
  EXPECT_EQ(one.finish().data_hash, two.finish().data_hash);
}

TEST(HatsWrite, LeavesNothingBehindWhenItDoesNotFinish) {
  const base::TemporaryFolder folder;
  {
    HatsWriter writer(folder / "set", info_of("tiny"));
    writer.add(sample_batch(10));
    auto wrong = sample_batch(10);
    wrong.blocks.erase("redshift");
    EXPECT_THROW(writer.add(wrong), base::DataError);
  }
  EXPECT_TRUE(fs::is_empty(folder.path()));
  {
    HatsWriter writer(folder / "set", info_of("tiny"));
    EXPECT_THROW(writer.finish(), base::DataError);
  }
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(HatsWrite, RefusesATakenPlaceAndABadName) {
  const base::TemporaryFolder folder;
  fs::create_directories(folder / "set");
  EXPECT_THROW(HatsWriter(folder / "set", info_of("tiny")), base::UserError);
  EXPECT_THROW(HatsWriter(folder / "other", info_of("a/b")), base::UserError);
  EXPECT_THROW(HatsWriter(folder / "other", info_of("")), base::UserError);
}

TEST(HatsWrite, RowsWithoutAnyPositionMakeADatasetToo) {
  const base::TemporaryFolder folder;
  auto batch = sample_batch(9);
  for (auto& object : batch.objects) object.has_position = false;
  for (auto& object : batch.objects) object.ra_deg = object.dec_deg = 0;
  HatsWriter writer(folder / "set", info_of("tiny"));
  writer.add(batch);
  EXPECT_EQ(writer.finish().unplaced_rows, 9);
  expect_same_rows(batch, read_whole(HatsReader::open(folder / "set")));
}

TEST(HatsWrite, TellsOthersWhatItIsInFewBytes) {
  const base::TemporaryFolder folder;
  HatsWriter writer(folder / "set", info_of("set"));
  writer.add(sample_batch(134));
  const auto written = writer.finish();
  int64_t besides = 0;  // what is not data
  for (const auto& entry : fs::recursive_directory_iterator(folder / "set")) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && entry.path().extension() != ".parquet") besides += int64_t(entry.file_size());
    if (name == "skymap.fits" || name == "moc.fits") {
      EXPECT_LT(entry.file_size(), 20000u) << name;
    }
  }
  EXPECT_LT(besides, 400000);
  EXPECT_GT(written.rows, 0);
  const auto card = io::parse_json(base::read_text(folder / "set" / "croissant.json"), "croissant.json");
  EXPECT_EQ(card["name"], "set");
  const auto dataset = HatsReader::open(folder / "set");
  const auto words = io::ParquetFile::open(dataset.files().front().path).metadata();
  EXPECT_NE(words.at("IVOA.VOTable-Parquet.content").find("<FIELD name=\"ra\" datatype=\"double\" unit=\"deg\""),
            std::string::npos);
  const MocRanges moc = read_moc(folder / "set" / "set" / "moc.fits");
  for (const auto& key : dataset.keys()) {
    if (!key.has_position) continue;
    const int64_t index = astro::healpix_pixel(29, key.ra_deg, key.dec_deg);
    EXPECT_TRUE(touches(moc, index, index + 1));
  }
}

TEST(HatsWrite, ASignalStopsTheWritingOfPartitions) {
  const base::TemporaryFolder folder;
  {
    HatsWriter writer(folder / "set", info_of("tiny"));
    writer.add(sample_batch(9));
    base::request_stop();
    EXPECT_THROW(writer.finish(), base::Interrupted);
    base::clear_stop_request();
  }
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

}  // namespace
}  // namespace asterism::data
